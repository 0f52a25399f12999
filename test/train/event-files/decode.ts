// A decoder of TensorBoard's event files of its own: records, checksums and messages, straight from the formats' texts.

/** CRC-32C bit by bit: x^32 + x^28 + x^27 + … + 1, reflected. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x82f63b78n : 0n)
  }
  return Number(crc ^ 0xffffffffn)
}

function unmasked(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0
  return ((rotated << 15) | (rotated >>> 17)) >>> 0
}

/** The records of a file; throws where a length or a checksum is wrong. */
function records(file: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at))
    const data = file.subarray(at + 12, at + 12 + length)
    if (checksum(file.subarray(at, at + 8)) !== unmasked(file.readUInt32LE(at + 8)))
      throw new Error('length is damaged')
    if (checksum(data) !== unmasked(file.readUInt32LE(at + 12 + length))) throw new Error('data are damaged')
    found.push(data)
    at += length + 16
  }
  return found
}

type Field = readonly [number: number, value: number | Buffer]

/** The fields of a message: varints as numbers, the others as their bytes. */
function fields(message: Buffer): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = (): number => {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = message.readUInt8(at++)
      value += (byte & 127) * scale
      scale *= 128
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const wire = tag % 8
    if (wire === 0) {
      found.push([(tag - wire) / 8, varint()])
      continue
    }
    const size = wire === 1 ? 8 : wire === 5 ? 4 : varint()
    found.push([(tag - wire) / 8, message.subarray(at, at + size)])
    at += size
  }
  return found
}

const bytesOf = (message: Buffer, number: number): Buffer[] =>
  fields(message).flatMap(([field, value]) => (field === number && typeof value !== 'number' ? [value] : []))
const doubles = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i))

export interface DecodedHistogram {
  readonly min: number
  readonly max: number
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}

export interface DecodedEvent {
  readonly wallTime: number
  readonly step: number
  readonly version: string | undefined
  readonly values: Readonly<Record<string, number | DecodedHistogram>>
}

function histogram(message: Buffer): DecodedHistogram {
  const list = (field: number): number[] => bytesOf(message, field).flatMap(doubles)
  const [min, max, count, sum, sumOfSquares] = [1, 2, 3, 4, 5].flatMap(list) as [number, number, number, number, number]
  return { min, max, count, sum, sumOfSquares, limits: list(6), counts: list(7) }
}

export function decodeEvents(file: Buffer): DecodedEvent[] {
  return records(file).map((event) => {
    const step = fields(event).find(([field]) => field === 2)?.[1] ?? 0
    const values = bytesOf(event, 5).flatMap((summary) =>
      bytesOf(summary, 1).map((value) => {
        const [scalar] = bytesOf(value, 2)
        const tag = bytesOf(value, 1).join()
        return [tag, scalar === undefined ? histogram(bytesOf(value, 5)[0] as Buffer) : scalar.readFloatLE()] as const
      }),
    )
    return {
      wallTime: bytesOf(event, 1).flatMap(doubles)[0] as number,
      step: step as number,
      version: bytesOf(event, 3)[0]?.toString(),
      values: Object.fromEntries(values),
    }
  })
}
