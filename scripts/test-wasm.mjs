// `npm run test:wasm`: builds the WebAssembly kernels and runs every test that needs no addon on them: parity with the
// float64 reference, splits, training. Needs clang and lld (apt install clang lld) and dist/ (npm run build).

import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const env = { ...process.env, NETWRIGHT_BACKEND: 'wasm' }
for (const parameters of [[join(root, 'scripts/build-wasm.mjs')], [vitest, 'run', ...process.argv.slice(2)]]) {
  const { status } = spawnSync(process.execPath, parameters, { cwd: root, env, stdio: 'inherit' })
  process.exitCode = status ?? 1
  if (status !== 0) break
}
