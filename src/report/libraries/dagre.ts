// The layered graph layout of dagre. The build bundles it.

export { graphlib, layout } from '@dagrejs/dagre'
