// Finds a Chromium, Chrome or Edge for tests and benchmarks: CHROMIUM or CHROME_PATH names it, else it is one of those below.

import { isProgram, onPath } from './on-path.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** Its path. Throws where there is none, saying how to get one. */
export function findBrowser() {
  for (const variable of ['CHROMIUM', 'CHROME_PATH']) {
    const path = process.env[variable]
    if (!path) continue
    if (isProgram(path)) return path
    throw new Error(`${variable} is ${path}, expected a program that can be run.`)
  }
  const found = onPath(...names) ?? places.find(isProgram)
  if (found !== undefined) return found
  throw new Error(
    `No Chromium: looked for ${names.join(', ')} in PATH. Debian, Ubuntu: apt-get install -y chromium; macOS: ` +
      'brew install --cask chromium. Or set CHROMIUM to a Chromium, Chrome or Edge that is somewhere else.',
  )
}
