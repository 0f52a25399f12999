// Finds and loads the compiled addon. The only place that knows where it lies.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { netwrightError } from '../../errors.js'
import { declarations, fingerprint } from '../declarations.js'
import type { Addon } from './addon.js'

const require = createRequire(import.meta.url)
const packageRoot = fileURLToPath(new URL('../../..', import.meta.url))

/** Where the addon may be, in the order tried. */
function addonPaths(): string[] {
  const forced = process.env.NETWRIGHT_ADDON
  return forced === undefined ? [`${packageRoot}build/Release/netwright.node`] : [forced]
}

/** What helps: a clone has what the build needs, an installed package does not. */
function remedy(): string {
  return existsSync(`${packageRoot}src`)
    ? 'Build it with: npm run build:native. It needs a C++17 compiler, and CMake or Python 3 with make.'
    : `This copy of the package has none for ${process.platform}-${process.arch} and Node ${process.version}: ` +
        'clone the repository, run npm install there, and install from that folder.'
}

let loaded: Addon | Error | undefined

function load(): Addon | Error {
  const reasons: string[] = []
  for (const path of addonPaths()) {
    if (!existsSync(path)) {
      reasons.push(`${path}: no such file`)
      continue
    }
    try {
      const addon = require(path) as Addon
      const expected = fingerprint(declarations)
      if (addon.fingerprint === expected) return addon
      reasons.push(`${path}: built from other kernel declarations (${addon.fingerprint}, expected ${expected})`)
    } catch (error) {
      reasons.push(`${path}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`)
    }
  }
  return netwrightError('ERR_BACKEND', `netwright's native addon is not available (${reasons.join('; ')}). ${remedy()}`)
}

/** The addon, or the error that says why there is none. Loaded once. */
export function tryAddon(): Addon | Error {
  loaded ??= load()
  return loaded
}

/** The addon; throws ERR_BACKEND with the reasons and the cure. */
export function requireAddon(): Addon {
  const addon = tryAddon()
  if (addon instanceof Error) throw addon
  return addon
}
