// Writes IDX files for tests: the bytes of header and elements, with no check at all, so that bad ones can be made too.

const writers: Readonly<
  Record<number, readonly [bytes: number, write: (view: DataView, at: number, value: number) => void]>
> = {
  8: [1, (view, at, value) => view.setUint8(at, value)],
  9: [1, (view, at, value) => view.setInt8(at, value)],
  11: [2, (view, at, value) => view.setInt16(at, value)],
  12: [4, (view, at, value) => view.setInt32(at, value)],
  13: [4, (view, at, value) => view.setFloat32(at, value)],
  14: [8, (view, at, value) => view.setFloat64(at, value)],
}

export function idxBytes(type: number, shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  const [bytes, write] = writers[type] ?? [1, () => {}]
  const start = 4 + 4 * shape.length
  const result = new Uint8Array(start + bytes * values.length)
  const view = new DataView(result.buffer)
  result[2] = type
  result[3] = shape.length
  for (const [axis, dimension] of shape.entries()) view.setUint32(4 + 4 * axis, dimension)
  for (let i = 0; i < values.length; i++) write(view, start + bytes * i, values[i] as number)
  return result
}
