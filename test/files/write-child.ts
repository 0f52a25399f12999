// Writes files one over the other, all of 1, all of 2, …, until it is killed; a byte on stdout for each.

import { writeSync } from 'node:fs'
import { writeFileAtomically } from '../../src/files/write-file.js'

const [path, size] = process.argv.slice(2) as [string, string]
for (let i = 1; ; i++) {
  const quarter = new Uint8Array(Number(size) / 4).fill((i % 250) + 1)
  await writeFileAtomically(path, [quarter, quarter, quarter, quarter])
  writeSync(1, '.')
}
