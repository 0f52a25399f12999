// Which backend is used where none is named.

import { describe, netwrightError } from '../errors.js'
import type { Backend } from './backend.js'
import { native } from './native/index.js'
import { tryAddon } from './native/load.js'
import { reference } from './reference/backend.js'

let chosen: Backend | undefined

function choose(): Backend {
  const wanted = process.env.NETWRIGHT_BACKEND || undefined
  if (wanted === 'reference') return reference()
  if (wanted === 'native') return native()
  if (wanted !== undefined) {
    throw netwrightError('ERR_BACKEND', `NETWRIGHT_BACKEND is ${describe(wanted)}, expected 'native' or 'reference'`)
  }
  const addon = tryAddon()
  if (!(addon instanceof Error)) return native()
  process.emitWarning(`${addon.message} Continuing with the slow TypeScript reference backend.`, {
    type: 'NetwrightWarning',
    code: 'NETWRIGHT_REFERENCE_BACKEND',
  })
  return reference()
}

/**
 * The backend of models and tensor functions that name none: `NETWRIGHT_BACKEND` (`native` or `reference`) where it is
 * set, else native, else, with one warning, the reference. Chosen once.
 */
export function defaultBackend(): Backend {
  chosen ??= choose()
  return chosen
}
