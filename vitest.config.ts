import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { hasNative, hasWasm } from './test/setup/backend.js'

// NETWRIGHT_BACKEND=reference or wasm: the half of the tests that needs no addon. What needs one is named *.native.test.ts, or
// skips itself by `hasNative` of test/setup/backend.ts.
// Set by npm run test:interop, which installs what these tests need.
const interop = process.env.NETWRIGHT_INTEROP_PYTHON !== undefined
// Set by npm run test:browser, which finds the browser.
const browser = process.env.NETWRIGHT_CHROMIUM !== undefined

export default defineConfig({
  resolve: {
    alias: [{ find: /^netwright$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...(hasNative ? [] : ['test/**/*.native.test.ts']),
      ...(hasWasm ? [] : ['test/**/*.wasm.test.ts']),
      ...(interop ? [] : ['test/interop/**']),
      ...(browser ? [] : ['test/browser/**']),
    ],
    globalSetup: ['test/setup/global.ts'],
    // Processes, not threads: tests change environment variables, and each loads the addon once, as users do.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
