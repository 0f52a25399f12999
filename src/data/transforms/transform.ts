// A transform: learned from training data, applied to any samples of the same shape.

import { describe, netwrightError } from '../../errors.js'
import type { Tensor } from '../../tensor/tensor.js'
import { Normalizer } from './normalizer.js'
import { OneHot } from './one-hot.js'
import { Standardizer } from './standardizer.js'

export interface Transform {
  /** Names its class in files. */
  readonly type: string
  /** New samples (N, …) from samples of the shape that it was fitted on. */
  transform(x: Tensor): Tensor
  /** A plain object with `type`, from which `transformFromJSON` makes it again. */
  toJSON(): Readonly<Record<string, unknown>>
}

/** The classes, by the `type` that files name. */
const transforms: Readonly<Record<string, (json: Readonly<Record<string, unknown>>) => Transform>> = {
  Normalizer: Normalizer.fromJSON,
  OneHot: OneHot.fromJSON,
  Standardizer: Standardizer.fromJSON,
}

/** The transform that `toJSON` has described. Throws ERR_ARGUMENT for anything else. */
export function transformFromJSON(json: unknown): Transform {
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : json
  const make = typeof type === 'string' && Object.hasOwn(transforms, type) ? transforms[type] : undefined
  if (make !== undefined) return make(json as Readonly<Record<string, unknown>>)
  throw netwrightError(
    'ERR_ARGUMENT',
    `transform is ${describe(type)}, expected one of ${Object.keys(transforms).join(', ')}`,
    'TypeError',
  )
}
