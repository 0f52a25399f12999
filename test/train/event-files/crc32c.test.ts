// CRC-32C: the vectors of RFC 3720 (iSCSI), B.4, and the usual check value.
import { expect, test } from 'vitest'
import { crc32c } from '../../../src/train/event-files/crc32c.js'

const counting = Uint8Array.from({ length: 32 }, (_, i) => i)

test.each([
  ['nothing', new Uint8Array(), 0],
  ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['0 … 31', counting, 0x46dd794e],
  ['31 … 0', counting.toReversed(), 0x113fdb5c],
])('%s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
})
