// Digests of files.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

export interface Checksum {
  readonly algorithm: 'sha256' | 'md5'
  /** Hexadecimal digits in lower case. */
  readonly hex: string
  /** Of what a gzipped file holds, which may be packed in many ways, in place of the file. Default false. */
  readonly gunzipped?: boolean
}

/** The digits that the file at `path` has. Throws what streams throw: for a missing file, or damaged gzip data. */
export async function digestOf(path: string, { algorithm, gunzipped = false }: Checksum): Promise<string> {
  const hash = createHash(algorithm)
  const file = createReadStream(path, { highWaterMark: 1 << 20 })
  await (gunzipped ? pipeline(file, createGunzip(), hash) : pipeline(file, hash))
  return hash.digest('hex')
}
