// loadModel: a saved model of either class.

import { type LoadOptions, loadNetwork } from './io/model-file.js'
import { Model } from './model.js'
import { type Sequential, toSequential } from './sequential.js'

/** As `Model.load`, but a model that was saved as a Sequential is one again. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model | Sequential> {
  return await loadNetwork<Model | Sequential>(path, options, (parts, given) =>
    parts.kind === 'Sequential' ? toSequential(parts, given) : new Model(parts.inputs, parts.output, given),
  )
}
