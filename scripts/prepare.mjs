// npm's `prepare`, after `npm install` or `npm ci` in a clone: builds dist/ and the addon, or says what is missing.

import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

function run(script, ...parameters) {
  const { status } = spawnSync(process.execPath, [join(folder, script), ...parameters], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function missingPackages(names) {
  return names.filter((name) => {
    try {
      require.resolve(`${name}/package.json`)
      return false
    } catch {
      return true
    }
  })
}

const missing = missingPackages(['typescript', 'esbuild', '@types/node'])
if (missing.length > 0) {
  console.error(
    `netwright: nothing was built: the development dependencies are not installed (${missing.join(', ')}). ` +
      'To build: npm install --include=dev',
  )
} else {
  run('build-typescript.mjs')
  run('build-native.mjs', '--if-possible')
}
