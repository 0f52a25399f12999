import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readCsv, readCsvSamples } from '../../src/data/csv.js'
import { Dataset } from '../../src/data/dataset.js'
import { Preprocessing } from '../../src/data/preprocessing.js'
import { Normalizer } from '../../src/data/transforms/normalizer.js'
import { OneHot } from '../../src/data/transforms/one-hot.js'
import { Standardizer } from '../../src/data/transforms/standardizer.js'
import { transformFromJSON } from '../../src/data/transforms/transform.js'
import { Linear } from '../../src/layers/linear.js'
import { loadModel } from '../../src/load-model.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { tensor, zeros } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failure } from '../failure.js'

/** What a file says of `transform`, read again. */
const reread = (transform: object) => transformFromJSON(JSON.parse(JSON.stringify(transform)))

describe('Standardizer', () => {
  const x = tensor([
    [1, 7, 0.1],
    [2, 7, 0.1],
    [3, 7, 0.1],
    [6, 7, 0.1],
  ])

  test('mean 0 and standard deviation 1 of the population; a constant column becomes exactly 0', () => {
    const standardizer = new Standardizer().fit(x)
    expect(standardizer.mean).toEqual([3, 7, Math.fround(0.1)])
    expect(standardizer.std).toEqual([Math.sqrt(14 / 4), 1, 1])
    const z = standardizer.transform(x)
    const root = Math.sqrt(3.5)
    expect([...z.data]).toEqual([-2, 0, 0, -1, 0, 0, 0, 0, 0, 3, 0, 0].map((value) => Math.fround(value / root)))
    const back = standardizer.inverseTransform(z)
    for (let i = 0; i < x.size; i++) expect(back.data[i]).toBeCloseTo(x.data[i] as number, 6)
    // Doubles stay doubles.
    const doubles = new Tensor(Float64Array.of(1, 2, 4), [3, 1])
    expect([...new Standardizer().fitTransform(doubles).data].reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 15)
  })

  test('images by channel, bytes by what they stand for', () => {
    const bytes = Uint8Array.of(0, 255, 10, 10, 51, 102, 30, 10)
    const images = new Tensor(bytes, [2, 2, 1, 2], { scale: 1 / 255 })
    const standardizer = new Standardizer().fit(images)
    expect(standardizer.mean[0]).toBeCloseTo((0 + 1 + 0.2 + 0.4) / 4, 6)
    expect(standardizer.mean[1]).toBeCloseTo(15 / 255, 6)
    const z = standardizer.transform(images)
    expect([z.shape, z.element]).toEqual([[2, 2, 1, 2], 'float32'])
    const ofChannel = (c: number) => [...z.data].filter((_, i) => Math.floor(i / 2) % 2 === c)
    for (const c of [0, 1]) {
      const values = ofChannel(c)
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5)
      expect(values.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 5)
    }
  })

  test('a data set: new samples, the same targets and classes, and the transform appended', () => {
    const set = new Dataset(x, [0, 1, 2, 1], { classNames: ['a', 'b', 'c'] })
    const standardizer = new Standardizer()
    const z = standardizer.fitTransform(set)
    expect(z.x.data).toEqual(standardizer.transform(x).data)
    expect([z.y, z.classNames, z.preprocessing?.transforms]).toEqual([set.y, ['a', 'b', 'c'], [standardizer]])
    expect(set.preprocessing?.transforms).toEqual([])
    // Two samples of three classes still know the three.
    expect(standardizer.transform(set.slice(0, 2)).classes).toBe(3)
    const twice = new Normalizer().fitTransform(z)
    expect(twice.preprocessing?.apply(x).data).toEqual(twice.x.data)
    // Column 0 goes from 0 to 1.
    expect([twice.x.at(0, 0), twice.x.at(3, 0)]).toEqual([0, 1])
  })

  test('refuses what it cannot learn from or transform', () => {
    const fitted = new Standardizer().fit(x)
    const wrong = (action: () => unknown) => {
      const { code, message } = failure(action)
      return `${code} ${message}`
    }
    expect(wrong(() => new Standardizer().transform(x))).toBe(
      'ERR_STATE Standardizer has learned nothing yet: call fit(trainingData) first',
    )
    expect(wrong(() => fitted.transform(zeros([2, 4])))).toMatch(
      /^ERR_SHAPE Standardizer\.transform: samples \(2, 4\) have 4 features on axis 1, expected 3/,
    )
    expect(wrong(() => fitted.transform(zeros([3])))).toMatch(/^ERR_SHAPE .* got shape \(3,\), expected \(samples, fe/)
    expect(wrong(() => new Standardizer().fit(tensor([[1], [Number.NaN]])))).toMatch(
      /sample 1 has NaN, expected finite/,
    )
    expect(wrong(() => new Standardizer().fit(zeros([0, 3])))).toMatch(/^ERR_DATA .* got no samples/)
    expect(wrong(() => new Standardizer().fit([[1]] as never))).toMatch(/expected a Tensor or a Dataset/)
    const two = new Dataset([zeros([2, 1]), zeros([2, 1])], [0, 1])
    expect(wrong(() => fitted.fit(two))).toMatch(/the data set has 2 inputs, expected one/)
    expect(wrong(() => fitted.transform(two))).toMatch(/the data set has 2 inputs, expected one/)
    const tiny = new Standardizer().fit(tensor([[0], [1e-30]]))
    expect(wrong(() => tiny.transform(new Dataset([[3e38]], [0])))).toMatch(/^ERR_NOT_FINITE .* sample 0 has Infinity/)
  })
})

describe('Normalizer', () => {
  test('0 to 1 of what it learned from, beyond of others; a constant column becomes 0', () => {
    const x = tensor([
      [2, 5],
      [4, 5],
      [10, 5],
    ])
    const normalizer = new Normalizer().fit(x)
    expect([normalizer.min, normalizer.range]).toEqual([
      [2, 5],
      [8, 1],
    ])
    expect(normalizer.transform(x).toArray()).toEqual([
      [0, 0],
      [0.25, 0],
      [1, 0],
    ])
    expect(normalizer.transform(tensor([[-2, 6]])).toArray()).toEqual([[-0.5, 1]])
    expect(normalizer.inverseTransform(normalizer.transform(x)).toArray()).toEqual(x.toArray())
  })
})

describe('OneHot', () => {
  test('labels and columns, in place, in ascending order', () => {
    const hot = new OneHot()
    expect(hot.fitTransform(new Tensor(Int32Array.of(2, 0, -1, 2), [4])).toArray()).toEqual([
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ])
    expect(hot.categories).toEqual([[-1, 0, 2]])
    const x = tensor([
      [0.5, 3, 1],
      [0.25, 9, 1],
    ])
    const some = new OneHot({ columns: [1, 2] }).fit(x)
    const z = some.transform(x)
    expect(z.toArray()).toEqual([
      [0.5, 1, 0, 1],
      [0.25, 0, 1, 1],
    ])
    expect(some.inverseTransform(z).toArray()).toEqual(x.toArray())
    expect(reread(some).transform(x).toArray()).toEqual(z.toArray())
  })

  test('whole numbers beyond float32 stay apart', () => {
    expect(new OneHot().fit(new Tensor(Int32Array.of(16_777_217, 16_777_216), [2])).categories).toEqual([
      [16_777_216, 16_777_217],
    ])
  })

  test('an unknown category is an error, or zeros', () => {
    const x = tensor([[1], [2]])
    const { code, message } = failure(() => new OneHot().fit(x).transform(tensor([[2], [5]])))
    expect(`${code} ${message}`).toBe(
      'ERR_DATA OneHot.transform: sample 1 has the category 5 in column 0, expected one of [1, 2]; ' +
        "with unknown: 'zeros' it has none",
    )
    const zerosInstead = reread(new OneHot({ unknown: 'zeros' }).fit(x)) as OneHot
    expect(zerosInstead.transform(tensor([[5]])).toArray()).toEqual([[0, 0]])
    expect(failure(() => zerosInstead.inverseTransform(zeros([1, 2]))).message).toMatch(/sample 0 has no 1/)
  })

  test('refuses fractions, images, columns that are not there and wrong options', () => {
    const wrong = (action: () => unknown) => failure(action).message
    expect(wrong(() => new OneHot().fit(tensor([[0.5]])))).toBe(
      'OneHot.fit: sample 0 has 0.5 in column 0, expected a whole number',
    )
    expect(wrong(() => new OneHot().fit(zeros([1, 2, 2])))).toMatch(/expected \(samples, columns\) or labels/)
    expect(wrong(() => new OneHot({ columns: [2] }).fit(zeros([1, 2])))).toMatch(/there is no column 2/)
    expect(wrong(() => new OneHot({ columns: [0, 0] }))).toMatch(/columns is \[0, 0\], expected numbers of columns/)
    expect(wrong(() => new OneHot({ unknown: 'skip' as never }))).toMatch(/expected 'error' or 'zeros'/)
    const fitted = new OneHot().fit(zeros([1, 2]))
    expect(wrong(() => fitted.transform(zeros([1, 3])))).toMatch(/got shape \(1, 3\), expected \(samples, 2\)/)
    expect(wrong(() => fitted.inverseTransform(zeros([1, 3])))).toMatch(/expected \(samples, 2\)/)
  })
})

describe('in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netwright-transforms-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('a model saved with its table and transforms reads raw rows as it did before', async () => {
    const path = join(folder, 'rows.csv')
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 3 ? 'red' : 'blue'},${100 * (i % 5)},${i % 2}`)
    writeFileSync(path, `a,colour,b,y\n${rows.join('\n')}\n`)
    const set = await readCsv(path, { target: 'y', categorical: ['colour'] })
    const train = new Normalizer().fitTransform(new Standardizer().fitTransform(set))
    const model = new Sequential([new Linear(4, 2)], { seed: 3 })
    await model.fit(train, { epochs: 2, batchSize: 10, optimizer: new SGD(), loss: crossEntropy() })
    await model.save(join(folder, 'model.safetensors'))
    const loaded = await loadModel(join(folder, 'model.safetensors'))
    expect(JSON.stringify(loaded.preprocessing)).toBe(JSON.stringify(train.preprocessing))
    const expected = model.predict(train.x).data
    expect(loaded.predict((loaded.preprocessing as Preprocessing).apply(set.x)).data).toEqual(expected)
    expect(loaded.predict(await readCsvSamples(path, loaded.preprocessing)).data).toEqual(expected)
  })

  const bad: Readonly<Record<string, readonly [json: unknown, message: RegExp]>> = {
    'no transform': [null, /^transform is null, expected one of Normalizer, OneHot, Standardizer$/],
    'an unknown type': [{ type: 'Scaler' }, /transform is "Scaler"/],
    'a name of every object': [{ type: 'constructor' }, /transform is "constructor"/],
    'no numbers': [{ type: 'Standardizer', offset: ['1'], scale: [1] }, /offset is \["1"\], expected a list of finite/],
    'no list': [{ type: 'Standardizer', offset: { length: 1e9 }, scale: [1] }, /offset is an Object, expected a list/],
    'empty lists': [{ type: 'Normalizer', offset: [], scale: [] }, /Normalizer: offset is \[\]/],
    'different lengths': [{ type: 'Normalizer', offset: [1, 2], scale: [1] }, /scale is \[1\], expected 2 numbers, as/],
    'a scale of 0': [{ type: 'Normalizer', offset: [1], scale: [0] }, /expected numbers above 0/],
    'no categories': [{ type: 'OneHot', unknown: 'error' }, /categories is undefined, expected a list/],
    'categories out of order': [
      { type: 'OneHot', categories: [[1, 0]] },
      /categories\[0\] is \[1, 0\], expected whole/,
    ],
    'an unknown rule': [{ type: 'OneHot', categories: [[1]], unknown: 'guess' }, /unknown is "guess"/],
  }
  for (const [name, [json, message]] of Object.entries(bad)) {
    test(`${name} is refused`, () => {
      const refused = failure(() => Preprocessing.fromJSON({ transforms: [json] }))
      expect([refused.code, refused.message]).toEqual(['ERR_ARGUMENT', expect.stringMatching(message)])
    })
  }
})
