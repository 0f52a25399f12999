// The folder from which every subject reads the same digits, order and initial weights, as plain as files can be.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mnist } from '../../src/data/mnist.js'
import { native } from '../../src/kernels/native/index.js'
import { permutation } from '../../src/random/permutation.js'
import { workloads } from '../workloads.js'

/** In which samples are visited; the same for all subjects. */
export const orderOf = (samples: number): Int32Array => permutation(samples, 1, 0)

/** Writes images.u8 (N,784), labels.u8 (N), order.i32 (N) and the networks' weights to a new folder; answers its path. */
export async function writeTrainingData(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'netwright-peers-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const { train } = await mnist()
  writeFileSync(join(folder, 'images.u8'), train.x.data as Uint8Array)
  writeFileSync(join(folder, 'labels.u8'), Uint8Array.from(train.y.data as Int32Array))
  writeFileSync(join(folder, 'order.i32'), orderOf(train.length))
  const backend = native()
  for (const workload of workloads) await workload.model(backend).save(join(folder, `${workload.name}.safetensors`))
  return folder
}
