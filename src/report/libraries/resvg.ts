// SVG to PNG by resvg. A native program, so it is not bundled: an optional peer that users install for PNGs of pictures.

export { renderAsync } from '@resvg/resvg-js'
