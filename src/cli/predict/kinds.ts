// What kind of file an input is, and which options go with it.

import { bytesOf, inspectDataFile } from '../../data/data-file.js'
import { netwrightError } from '../../errors.js'
import { imageNames, isFolder } from '../data-files.js'
import { UsageError } from '../errors.js'

export const stdin = '-'
/** What tables and errors call it. */
export const stdinName = 'stdin'

export type Kind = 'image' | 'idx' | 'npy' | 'npz' | 'csv'

/** By its first bytes; names only tell images and CSV files from what cannot be read. */
export async function kindOf(file: string): Promise<Kind> {
  if (file === stdin) return 'csv'
  const start = await firstBytes(file)
  const begins = (...bytes: readonly number[]): boolean => bytes.every((byte, i) => start[i] === byte)
  if (imageNames.test(file) || begins(0x89, 0x50, 0x4e, 0x47) || begins(0xff, 0xd8, 0xff)) return 'image'
  if (begins(0x93, 0x4e, 0x55, 0x4d)) return 'npy'
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) return 'npz'
  if (begins(0, 0)) return 'idx'
  if (!start.includes(0)) return 'csv'
  throw netwrightError('ERR_DATA', `${file}: is none of what predict reads: PNG, JPEG, IDX, .npy, .npz or CSV`)
}

async function firstBytes(path: string): Promise<Uint8Array> {
  for await (const chunk of bytesOf(await inspectDataFile(path, 'a data file'), 512)) return chunk.subarray(0, 512)
  return new Uint8Array(0)
}

interface KindOptions {
  readonly key?: string
  readonly delimiter?: string
  readonly header?: boolean
}

/** Throws a UsageError for an option that none of the `inputs` makes use of. */
export async function refuseStray(inputs: readonly string[], { key, delimiter, header }: KindOptions): Promise<void> {
  const uses: readonly (readonly [flag: string, isGiven: boolean, kind: Kind, home: string])[] = [
    ['--key', key !== undefined, 'npz', 'a .npz file'],
    ['--delimiter', delimiter !== undefined, 'csv', 'a CSV file'],
    ['--no-header', header === false, 'csv', 'a CSV file'],
  ]
  for (const [flag, , kind, home] of uses.filter(([, isGiven]) => isGiven)) {
    // What cannot be read is told when its turn comes.
    const kinds = await Promise.all(
      inputs.map((input) => (isFolder(input) ? 'image' : kindOf(input).catch(() => kind))),
    )
    if (!kinds.includes(kind)) throw new UsageError(`${flag} goes with ${home}, and none of the inputs is one`)
  }
}
