// What turns raw data into the samples of a model: kept with a data set, saved with the model that is trained on it.

import { describe, netwrightError, requireFlag } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { Scaling } from './transforms/scaling.js'
import { type Transform, transformFromJSON } from './transforms/transform.js'

/** Samples that were pictures. */
export interface ImageSource {
  readonly kind: 'images'
  /** 1: shades of grey, 3: red, green, blue. */
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  /** A byte b of a picture is b · scale in a sample: 1 / 255, or 1. */
  readonly scale: number
}

/** Samples that were rows of a table: their columns side by side, in this order. */
export interface TableSource {
  readonly kind: 'table'
  readonly columns: readonly TableColumn[]
  /** Whether the file began with the columns' names. Undefined in models saved before this was kept. */
  readonly header?: boolean
  /** The column of the targets, which are no part of the samples. */
  readonly target?: string
}

export interface TableColumn {
  readonly name: string
  /** Of a column of texts: a feature for each of them, 1 where the cell is that text. A column of numbers has none. */
  readonly categories?: readonly string[]
  /** What an empty cell of numbers stands for; undefined: it is an error. With categories: it has none of them. */
  readonly missing?: number
}

/** How samples came about: from what, by which transforms, and what the classes are called. */
export interface PreprocessingParts {
  readonly source?: ImageSource | TableSource | undefined
  /** Applied in this order to samples as they come out of the source. */
  readonly transforms?: readonly Transform[]
  /** Of label 0, 1, 2, … */
  readonly classNames?: readonly string[] | undefined
}

export class Preprocessing {
  readonly source: ImageSource | TableSource | undefined
  readonly transforms: readonly Transform[]
  readonly classNames: readonly string[] | undefined

  constructor({ source, transforms = [], classNames }: PreprocessingParts = {}) {
    this.source = source
    this.transforms = transforms
    this.classNames = classNames
  }

  /** What `toJSON` or JSON.parse answered. Throws ERR_ARGUMENT for anything else: files may be hostile. */
  static fromJSON(json: unknown): Preprocessing {
    const { source, transforms = [], classNames } = recordOf('preprocessing', json)
    return new Preprocessing({
      source: source === undefined ? undefined : sourceOf(source),
      transforms: listOf('transforms', transforms).map(transformFromJSON),
      classNames: classNames === undefined ? undefined : textsOf('classNames', classNames),
    })
  }

  /** The samples that `x`, as it comes out of the source, stands for: all transforms, one after the other. */
  apply(x: Tensor): Tensor {
    return this.transforms.reduce((samples, transform) => transform.transform(samples), x)
  }

  /** The samples `x` as they were before the scaling that came last: for people, who know the numbers of the source. */
  unscale(x: Tensor): Tensor {
    let samples = x
    for (const transform of this.transforms.toReversed()) {
      if (!(transform instanceof Scaling) || !transform.fits(samples)) break
      samples = transform.inverseTransform(samples)
    }
    return samples
  }

  /** This, followed by `transform`. */
  with(transform: Transform): Preprocessing {
    return new Preprocessing({ ...this, transforms: [...this.transforms, transform] })
  }

  /** A plain object, as JSON.stringify writes it. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { source, transforms, classNames } = this
    return { source, transforms: transforms.map((transform) => transform.toJSON()), classNames }
  }
}

function sourceOf(json: unknown): ImageSource | TableSource {
  const source = recordOf('source', json)
  if (source.kind === 'images') {
    const { channels, height, width, scale } = source
    if (channels !== 1 && channels !== 3) throw wrong('source.channels', channels, '1 or 3')
    return {
      kind: 'images',
      channels,
      height: sizeOf('source.height', height),
      width: sizeOf('source.width', width),
      scale: numberOf('source.scale', scale),
    }
  }
  if (source.kind === 'table') {
    const columns = listOf('source.columns', source.columns).map((value, i): TableColumn => {
      const where = `source.columns[${i}]`
      const { name, categories, missing } = recordOf(where, value)
      return {
        name: textOf(`${where}.name`, name),
        ...(categories === undefined ? {} : { categories: textsOf(`${where}.categories`, categories) }),
        ...(missing === undefined ? {} : { missing: numberOf(`${where}.missing`, missing) }),
      }
    })
    const { header, target } = source
    return {
      kind: 'table',
      columns,
      ...(header === undefined ? {} : { header: requireFlag('source.header', header) }),
      ...(target === undefined ? {} : { target: textOf('source.target', target) }),
    }
  }
  throw wrong('source.kind', source.kind, "'images' or 'table'")
}

const wrong = (what: string, got: unknown, expected: string): Error =>
  netwrightError('ERR_ARGUMENT', `${what} is ${describe(got)}, expected ${expected}`, 'TypeError')

function recordOf(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrong(what, value, 'an object')
}

function listOf(what: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(what, value, 'a list')
}

function textOf(what: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw wrong(what, value, 'a text')
}

const textsOf = (what: string, value: unknown): readonly string[] =>
  listOf(what, value).map((item, i) => textOf(`${what}[${i}]`, item))

function numberOf(what: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw wrong(what, value, 'a finite number')
}

/** Of a picture's side: what a file asks for is allocated. */
function sizeOf(what: string, value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535) return value as number
  throw wrong(what, value, 'a whole number from 1 to 65535')
}
