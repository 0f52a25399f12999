// Files that a command writes, held against those that it reads, before anything runs: a slip must not cost data.

import { type BigIntStats, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { isCheckpoint } from '../train/checkpoint.js'
import { imageNames, isFolder } from './data-files.js'
import { UsageError } from './errors.js'

/** A path, and what the command line calls it: `--save`, `the input`. Without a path there is no such file. */
export type NamedPath = readonly [name: string, path: string | undefined]

/** Throws a UsageError for an output that is one of the `inputs`, an image in a folder among them, or another output. */
export function refuseOverwriting(outputs: readonly NamedPath[], inputs: readonly NamedPath[]): void {
  const [written, read] = [outputs, inputs].map(given) as [NamedFile[], NamedFile[]]
  written.forEach(([name, path], i) => {
    const input = read.find(([, other]) => sameFile(other, path) || isImageIn(other, path))
    if (input !== undefined) {
      throw new UsageError(`${name} ${path} would overwrite ${input.join(' ')}, expected another file`)
    }
    const twin = written.slice(0, i).find(([, other]) => sameFile(other, path))
    if (twin !== undefined) {
      throw new UsageError(`${name} ${path} would overwrite what ${twin.join(' ')} writes, expected another file`)
    }
  })
}

type NamedFile = readonly [name: string, path: string]

const given = (paths: readonly NamedPath[]): NamedFile[] =>
  paths.filter((named): named is NamedFile => named[1] !== undefined)

/** Throws a UsageError where a run that begins anew would write its checkpoints over something else. */
export async function refuseNoCheckpoint(path: string): Promise<void> {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0 || (await isCheckpoint(path))) return
  throw new UsageError(`--checkpoint ${path} would overwrite a file that is no checkpoint, expected another file`)
}

/** Whether both are one file, by whatever names and links; of files that are not there yet, whether they will be. */
function sameFile(a: string, b: string): boolean {
  const [one, other] = [statOf(a), statOf(b)]
  if (one !== undefined && other !== undefined) return one.dev === other.dev && one.ino === other.ino
  return one === other && realPath(a) === realPath(b)
}

/** Whole numbers of Windows are beyond doubles. */
const statOf = (path: string): BigIntStats | undefined => statSync(path, { bigint: true, throwIfNoEntry: false })

/** Links in the folder's path are followed. */
function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}

/** Whether the file at `path` is there, and an image that reading `folder` reads. */
function isImageIn(folder: string, path: string): boolean {
  if (!imageNames.test(path) || statOf(path) === undefined || !isFolder(folder)) return false
  return !relative(realpathSync(folder), realPath(path)).startsWith('..')
}
