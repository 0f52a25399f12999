// A batch of a data set by hand: what a recorded step gathers, as tensors.

import type { Kernels } from '../kernels/kernels.js'
import type { Augmentation } from '../model/augment.js'
import { type BatchSource, gatherAugmented, gatherFrom } from '../model/step.js'
import { Tensor } from '../tensor/tensor.js'
import { dataSlots, dataSpec } from './check-data.js'
import type { DataPart } from './data-parts.js'

/** Samples and targets of a batch, with the batch axis. */
export interface Batch {
  readonly inputs: readonly Tensor[]
  readonly target: Tensor
}

/** How training changes samples: in which epoch, and below which number labels are. */
interface Change {
  readonly augmentation: Augmentation
  readonly epoch: number
  readonly classes: number
}

/**
 * The samples with the numbers `indices` of a part of the data, as training reads them: bytes scaled, floats as they are; with
 * `change` as it is trained on them.
 */
export function gatherBatch(kernels: Kernels, part: DataPart, indices: Int32Array, change?: Change): Batch {
  const { dataset, first } = part
  const epoch = change?.epoch ?? 0
  const numbers = { samples: dataset.length, length: indices.length, cursor: 0, firstSample: first, epoch }
  const slots = { ...dataSlots(dataset), order: indices }
  const slot = (name: string): Tensor => {
    const data = slots[name as keyof typeof slots]
    return new Tensor(data, [data.length])
  }
  const source: BatchSource = { kernels, rows: indices.length, slot, number: (name) => numbers[name] }
  const spec = dataSpec(dataset)
  if (change === undefined) return gatherFrom(source, spec)
  return gatherAugmented(source, spec, change.augmentation, change.classes)
}
