// A batch of a data set by hand: what a recorded step gathers, as tensors.

import type { Dataset } from '../data/dataset.js'
import type { Kernels } from '../kernels/kernels.js'
import { gatherFrom } from '../model/step.js'
import { Tensor } from '../tensor/tensor.js'
import { dataSlots, dataSpec } from './check-data.js'

/** Samples and targets of a batch, with the batch axis. */
export interface Batch {
  readonly inputs: readonly Tensor[]
  readonly target: Tensor
}

/** The samples with the numbers `indices` of `dataset`, as training reads them: bytes scaled, floats as they are. */
export function gatherBatch(kernels: Kernels, dataset: Dataset, indices: Int32Array): Batch {
  const numbers = { samples: dataset.length, length: indices.length, cursor: 0 }
  const slots = { ...dataSlots(dataset), order: indices }
  const slot = (name: string): Tensor => {
    const data = slots[name as keyof typeof slots]
    return new Tensor(data, [data.length])
  }
  return gatherFrom({ kernels, rows: indices.length, slot, number: (name) => numbers[name] }, dataSpec(dataset))
}
