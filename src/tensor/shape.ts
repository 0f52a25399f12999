// Shapes: how many elements, do two agree, how they print.

export type Shape = readonly number[]

/** Number of elements; 1 for a scalar's `[]`. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const dimension of shape) size *= dimension
  return size
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i])
}

/** `(100, 784)`; `(3,)` for one axis, as NumPy prints it; `()` for a scalar. */
export function shapeText(shape: Shape): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
}
