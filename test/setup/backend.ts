// Which half of the tests runs. With NETWRIGHT_BACKEND=reference or wasm, all that needs the addon is left out:
// files named *.native.test.ts (by vitest.config.ts), and what tests skip by this: `describe.skipIf(!hasNative)(…)`.

const { NETWRIGHT_BACKEND } = process.env
export const hasWasm = NETWRIGHT_BACKEND === 'wasm'
export const hasNative = !hasWasm && NETWRIGHT_BACKEND !== 'reference'
