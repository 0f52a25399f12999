// Runs the tests of test/browser, which open what netwright serves and writes in a real, headless Chromium. Screenshots for
// people go to build/browser/.
//
//   node scripts/test-browser.mjs     CHROMIUM or CHROME_PATH names the browser, else one of those below is looked for

import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function findBrowser() {
  for (const variable of ['CHROMIUM', 'CHROME_PATH']) {
    const path = process.env[variable]
    if (!path) continue
    if (isProgram(path)) return path
    console.error(`${variable} is ${path}, expected a program that can be run.`)
    process.exit(1)
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const inPath = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return [...inPath, ...places].find(isProgram)
}

const chromium = findBrowser()
if (chromium === undefined) {
  console.error(
    `No Chromium: looked for ${names.join(', ')} in PATH. Debian, Ubuntu: apt-get install -y chromium; macOS: ` +
      'brew install --cask chromium. Or set CHROMIUM to a Chromium, Chrome or Edge that is somewhere else.',
  )
  process.exit(1)
}
console.log(`Browser: ${chromium}`)
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/browser', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, NETWRIGHT_CHROMIUM: chromium },
})
process.exit(status ?? 1)
