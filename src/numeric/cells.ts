// One view of everything that holds numbers: flat float64 cells, read and written in place where that is possible.

import { describe, netwrightError } from '../errors.js'
import { flatten, isNumberArray, nest } from '../tensor/nested.js'
import { Tensor } from '../tensor/tensor.js'

/** Plain arrays of numbers, nested to any depth. */
export type PlainArray = readonly (number | PlainArray)[]

/** Numbers of any form, as flat cells in row-major order. */
export interface Cells {
  readonly size: number
  /** Whether these are a copy of numbers that only what `form` gives will show changed. */
  readonly copied: boolean
  get(i: number): number
  set(i: number, value: number): void
  /** What a function of x is given: it shows what was set. */
  form(): unknown
  /** Other numbers in the same form, float64. */
  like(values: Float64Array): unknown
}

/** The cells of `x`: x itself where it holds float64 numbers, else those of a float64 copy. ERR_ARGUMENT for others. */
export function cellsOf(what: string, x: unknown): Cells {
  if (typeof x === 'number') {
    const data = Float64Array.of(x)
    return typedCells(data, false, (values) => values[0])
  }
  if (x instanceof Tensor) {
    const { data, shape, scale } = x
    const own = data instanceof Float64Array
    const cells = own ? data : Float64Array.from(scale === 1 ? data : x.toFloat32())
    const tensor = own ? x : new Tensor(cells, shape)
    return typedCells(cells, !own, (values) => (values === cells ? tensor : new Tensor(values, shape)))
  }
  if (isNumberArray(x)) {
    const own = x instanceof Float64Array
    return typedCells(own ? x : Float64Array.from(x), !own, (values) => values)
  }
  if (Array.isArray(x)) return arrayCells(what, x)
  throw netwrightError(
    'ERR_ARGUMENT',
    `${what} is ${describe(x)}, expected a number, nested arrays, a typed array or a tensor`,
    'TypeError',
  )
}

/** As cellsOf, but always of a copy. */
export function copiedCells(what: string, x: unknown): Cells {
  const cells = cellsOf(what, x)
  return cellsOf(what, cells.like(Float64Array.from({ length: cells.size }, (_, i) => cells.get(i))))
}

function typedCells(data: Float64Array, copied: boolean, form: (values: Float64Array) => unknown): Cells {
  return {
    size: data.length,
    copied,
    get: (i) => data[i] as number,
    set: (i, value) => {
      data[i] = value
    },
    form: () => form(data),
    like: form,
  }
}

/** Cell i of nested arrays is cell i % columns of their innermost array i / columns. */
function arrayCells(what: string, x: readonly unknown[]): Cells {
  const { flat, shape } = flatten(x as PlainArray, what)
  const like = (values: ArrayLike<number>) => nest((i) => values[i] as number, shape)
  const changeable = isChangeable(x)
  const own = changeable ? x : like(flat)
  const inner: number[][] = []
  const collect = (part: unknown): void => {
    if (Array.isArray(part) && Array.isArray(part[0])) part.forEach(collect)
    else inner.push(part as number[])
  }
  collect(own)
  const columns = shape.at(-1) as number
  const rowOf = (i: number): number[] => inner[Math.floor(i / columns)] as number[]
  return {
    size: flat.length,
    copied: !changeable,
    get: (i) => rowOf(i)[i % columns] as number,
    set: (i, value) => {
      rowOf(i)[i % columns] = value
    },
    form: () => own,
    like,
  }
}

const isChangeable = (part: unknown): boolean =>
  typeof part === 'number' || (Array.isArray(part) && !Object.isFrozen(part) && part.every(isChangeable))
