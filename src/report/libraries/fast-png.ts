// The PNG encoder of fast-png. The build bundles it.

export { encode } from 'fast-png'
