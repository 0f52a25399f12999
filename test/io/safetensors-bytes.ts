// Makes safetensors files by hand, right and wrong ones, without the code under test.

/** A file with this header (an object, or a text as it is) and data; `length` in place of the header's true length. */
export function safetensorsBytes(
  header: unknown,
  data: ArrayLike<number> = [],
  length?: number | bigint,
): Uint8Array<ArrayBuffer> {
  const text = typeof header === 'string' ? header : JSON.stringify(header)
  const encoded = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 + encoded.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? encoded.length), true)
  bytes.set(encoded, 8)
  bytes.set(data, 8 + encoded.length)
  return bytes
}

/** Header and data of a file, taken apart. */
export function takeApart(bytes: Uint8Array): { readonly header: Record<string, unknown>; readonly data: Uint8Array } {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))), data: bytes.slice(start) }
}

/** A file like `bytes` with another structure of the model. */
export function withStructure(
  bytes: Uint8Array,
  change: (structure: Record<string, unknown>) => unknown,
): Uint8Array<ArrayBuffer> {
  const { header, data } = takeApart(bytes)
  const metadata = header.__metadata__ as Record<string, string>
  const structure = change(JSON.parse(metadata.netwright as string))
  const text = typeof structure === 'string' ? structure : JSON.stringify(structure)
  return safetensorsBytes({ ...header, __metadata__: { ...metadata, netwright: text } }, data)
}

/** The bytes of numbers, little-endian. */
export const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)
