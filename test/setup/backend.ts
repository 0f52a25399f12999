// Which half of the tests runs. With NETWRIGHT_BACKEND=reference, all that needs the addon is left out:
// files named *.native.test.ts (by vitest.config.ts), and what tests skip by this: `describe.skipIf(!hasNative)(…)`.

export const hasNative = process.env.NETWRIGHT_BACKEND !== 'reference'
