// The JPEG decoder of jpeg-js, which is CommonJS: Node does not see its names. The build bundles it.

import jpeg from 'jpeg-js'

export const { decode } = jpeg
