// Weights in files, where the book has pickle: safetensors, with the book's names and layout.

import { netwrightError } from '../errors.js'
import { readSafetensors, writeSafetensors } from '../io/safetensors.js'
import { sameShape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import type { Params } from './array.js'

/**
 * Writes parameters W1, b1, … to a safetensors file, as they are: W is (inputs, outputs), and not transposed as in the
 * files of `Model.save` (row 96; the book's `save_params`). Writes the whole file or nothing.
 */
export async function saveParams(params: Params, path: string): Promise<void> {
  // Copies: training may go on while the file is being written.
  const copies = Object.entries(params).map(([name, { data, shape }]): [string, Tensor] => [
    name,
    new Tensor(data.slice(), shape),
  ])
  await writeSafetensors(path, new Map(copies), new Map([['format', 'netwright/book']]))
}

/** The parameters of a file, by name: what `predict` and `forward` take (rows 50 and 96). Throws ERR_FILE. */
export async function loadParams(path: string): Promise<Params> {
  return await readSafetensors(path)
}

/** Copies `source` into the tensors of `target`. Throws, before any has changed, unless names and shapes agree. */
export function copyParams(where: string, target: Params, source: Params): void {
  const names = new Set([...Object.keys(target), ...Object.keys(source)])
  const problems = [...names].flatMap((name) => {
    const [wanted, got] = [target[name], source[name]]
    if (got === undefined) return [`${name} is missing`]
    if (wanted === undefined) return [`${name} is none of the network's`]
    if (sameShape(got.shape, wanted.shape)) return []
    return [`${name} has shape ${shapeText(got.shape)}, expected ${shapeText(wanted.shape)}`]
  })
  if (problems.length > 0) throw netwrightError('ERR_SHAPE', `${where}: ${problems.join('; ')}`, 'RangeError')
  for (const [name, { data }] of Object.entries(source)) target[name]?.data.set(data)
}
