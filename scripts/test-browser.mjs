// Runs the tests of test/browser, which open what netwright serves and writes in a real, headless Chromium, and the library
// itself. Needs what `npm run build` and `npm run build:wasm` make. Screenshots for people go to build/browser/.
//
//   node scripts/test-browser.mjs     CHROMIUM or CHROME_PATH names the browser, else one is looked for

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from './find-browser.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

function requireWasm() {
  if (existsSync(join(root, 'prebuilds/netwright.wasm'))) return
  throw new Error(
    'No WebAssembly kernels, which the library computes with in a browser. Build them, and its bundle with them: ' +
      'npm run build:wasm (Debian, Ubuntu: apt-get install -y clang lld).',
  )
}

try {
  requireWasm()
  const chromium = findBrowser()
  console.log(`Browser: ${chromium}`)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/browser', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NETWRIGHT_CHROMIUM: chromium },
  })
  process.exitCode = status ?? 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
