// State dictionaries: PyTorch's names and layout, and all or nothing when they are loaded.
import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { Parameter } from '../../src/layers/parameter.js'
import { ReLU } from '../../src/layers/relu.js'
import { input } from '../../src/layers/value.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Model } from '../../src/model.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'
import { weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { hasNative } from '../setup/backend.js'

const backend = hasNative ? native({ threads: 1 }) : reference()
const perceptron = (options: { seed?: number; backend?: Backend } = {}): Sequential =>
  new Sequential([new Linear(3, 4), new ReLU(), new Linear(4, 2)], { backend, ...options })

// The layout is told by predictions, and not by the code under test: y = x · Wᵀ + b for W (out, in).
test('weights of Linear are (out, in), square ones as well', () => {
  const weight = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]
  const model = new Sequential([new Linear(3, 3)], { backend })
  model.loadStateDict({ '0.weight': weight, '0.bias': [0.5, 0, 0] })
  // A row of the identity picks a column of W.
  expect(model.predict([[1, 0, 0]]).toArray()).toEqual([[1.5, 4, 7]])
  expect(model.predict([[0, 0, 1]]).toArray()).toEqual([[3.5, 6, 9]])
  const { '0.weight': saved, '0.bias': bias } = model.stateDict()
  expect([saved?.toArray(), bias?.toArray()]).toEqual([weight, [0.5, 0, 0]])
  // In the model's memory it is (in, out).
  expect(model.params[0]?.toArray()).toEqual(tensor(weight).transpose().toArray())
})

test('names are places of first use; the tensors are copies in ordinary memory', () => {
  const model = new Sequential([new Linear(2, 3), new BatchNorm(), new ReLU(), new Linear(2, { bias: false })], {
    backend,
  })
  const state = model.stateDict()
  expect(Object.entries(state).map(([name, { shape, element }]) => [name, shape, element])).toEqual([
    ['0.weight', [3, 2], 'float32'],
    ['0.bias', [3], 'float32'],
    ['1.weight', [3], 'float32'],
    ['1.bias', [3], 'float32'],
    ['3.weight', [2, 3], 'float32'],
    ['1.running_mean', [3], 'float32'],
    ['1.running_var', [3], 'float32'],
  ])
  expect(Object.values(state).every(({ data }) => data.buffer instanceof ArrayBuffer)).toBe(true)
  const before = weightBits(model)
  for (const { data } of Object.values(state)) data.fill(9)
  expect(weightBits(model)).toBe(before)
})

test('a shared layer is there once, under its first place', () => {
  const x = input([3])
  const shared = new Linear(3, 3)
  const model = new Model(x, shared.apply(new ReLU().apply(shared.apply(x))), { backend })
  expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias'])
})

test('what one model says makes another the same', () => {
  const [a, b] = [perceptron({ seed: 1 }), perceptron({ seed: 2 })]
  a.seal([[3]])
  b.seal([[3]])
  expect(weightBits(b)).not.toBe(weightBits(a))
  expect(b.loadStateDict(a.stateDict())).toEqual({ missing: [], unexpected: [] })
  expect(weightBits(b)).toBe(weightBits(a))
})

// The book keeps a dictionary of W1, b1, W2, b2, with W (in, out).
test("row 96: the book's dictionaries load by the user's own names", () => {
  const book = {
    W1: [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ],
    b1: [1, 1, 1, 1],
    W2: [
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ],
    b2: [0, -1],
  }
  const model = perceptron()
  const names = { W1: '0.weight', b1: '0.bias', W2: '2.weight', b2: '2.bias' } as const
  const entries = Object.entries(book).map(([name, values]) => {
    const value = tensor(values)
    return [names[name as keyof typeof names], name.startsWith('W') ? value.transpose() : value]
  })
  model.loadStateDict(Object.fromEntries(entries))
  // x·W1 + b1 = [2, 3, 4, 5] for x = [1, 0, 0]; · W2 = [2 + 4, 3 + 5] + b2.
  expect(model.predict([[1, 0, 0]]).toArray()).toEqual([[6, 7]])
})

describe('refuses, and changes nothing:', () => {
  const { '0.weight': first, ...others } = perceptron({ seed: 3 }).stateDict()
  const all = { '0.weight': first as Tensor, ...others }
  const cases: readonly (readonly [string, object, string, RegExp])[] = [
    ['a missing name', others, 'ERR_ARGUMENT', /missing "0\.weight"\. Expected/],
    ['an unexpected name', { ...all, 'fc.weight': [1] }, 'ERR_ARGUMENT', /unexpected "fc\.weight"/],
    [
      'other names altogether',
      { 'fc1.weight': [1], 'fc1.bias': [1] },
      'ERR_ARGUMENT',
      /missing "0\.weight", "0\.bias", "2\.weight", "2\.bias"; unexpected "fc1\.weight", "fc1\.bias"/,
    ],
    [
      'a transposed weight',
      { ...all, '2.weight': all['2.weight' as '0.weight'].transpose() },
      'ERR_SHAPE',
      /'2\.weight' has shape \(4, 2\), expected \(2, 4\)\. It is transposed: weights of Linear are saved as \(out, in\)/,
    ],
    ['a wrong shape', { ...all, '2.bias': [1, 2, 3] }, 'ERR_SHAPE', /'2\.bias' has shape \(3,\), expected \(2,\)$/],
    ['the same size in another shape', { ...all, '2.bias': [[1, 2]] }, 'ERR_SHAPE', /\(1, 2\), expected \(2,\)$/],
    ['no numbers', { ...all, '2.bias': ['a', 'b'] }, 'ERR_ARGUMENT', /number/],
    ['a number beyond float32', { ...all, '2.bias': [1e300, 0] }, 'ERR_NOT_FINITE', /2\.bias\[0\] is 1e\+300/],
    ['no dictionary', 5 as unknown as object, 'ERR_ARGUMENT', /got 5/],
  ]
  test.each(cases)('%s', async (_name, dictionary, code, message) => {
    const model = perceptron({ seed: 4 })
    model.seal([[3]])
    const before = weightBits(model)
    const failure = await failureOf(() => model.loadStateDict(dictionary as Record<string, Tensor>))
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(message)
    expect(weightBits(model)).toBe(before)
  })
})

test('strict: false takes what fits by name, and tells of the rest; shapes must fit all the same', async () => {
  const model = perceptron({ seed: 4 })
  const bias = [0.25, -0.25]
  expect(model.loadStateDict({ '2.bias': bias, 'head.bias': [1] }, { strict: false })).toEqual({
    missing: ['0.weight', '0.bias', '2.weight'],
    unexpected: ['head.bias'],
  })
  expect(model.stateDict()['2.bias']?.toArray()).toEqual(bias)
  expect((await failureOf(() => model.loadStateDict({ '2.bias': [1] }, { strict: false }))).code).toBe('ERR_SHAPE')
})

test("PyTorch's count of batches is no unexpected name", () => {
  const model = new Sequential([new BatchNorm(2), new Linear(2, 2)], { backend })
  model.seal([[2]])
  const state = { ...model.stateDict(), '0.num_batches_tracked': new Tensor(Float64Array.of(7), []) }
  expect(model.loadStateDict(state)).toEqual({ missing: [], unexpected: [] })
})

test('running statistics are in it', () => {
  const [a, b] = [1, 2].map((seed) => new Sequential([new BatchNorm(2), new Linear(2, 2)], { seed, backend }))
  a?.forward([
    [1, 2],
    [3, 6],
  ])
  b?.seal([[2]])
  const state = a?.stateDict() as Record<string, Tensor>
  // 0.9 · 0 + 0.1 · mean; 0.9 · 1 + 0.1 · variance (n - 1): means 2 and 4, variances 2 and 8.
  const expected = [0.2, 0.4, 1.1, 1.7].map(Math.fround)
  const got = [...(state['0.running_mean'] as Tensor).data, ...(state['0.running_var'] as Tensor).data]
  expect(got.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-6)).toBe(true)
  b?.loadStateDict(state)
  expect(b?.predict([[5, 7]]).toArray()).toEqual(a?.predict([[5, 7]]).toArray())
})

test('two tensors of one layer under one name are refused', async () => {
  class Twice extends Layer {
    protected override build(): void {
      for (const value of [1, 2]) this.parameters.push(new Parameter('w', tensor([value])))
    }
    compute(): readonly Tensor[] {
      return []
    }
    differentiate(): readonly Tensor[] {
      return []
    }
  }
  const x = input([1])
  const model = new Model(x, new Twice().apply(x), { backend })
  expect(await failureOf(() => model.stateDict())).toEqual({
    code: 'ERR_ARGUMENT',
    message: "The model has two tensors with the name '0.w', expected one",
  })
})

test('before the shapes are known there is nothing to say', async () => {
  const model = new Sequential([new Linear(3)], { backend })
  expect((await failureOf(() => model.stateDict())).code).toBe('ERR_STATE')
})

test('during fit: whole steps to read, and writing only between them', async () => {
  const { x, y } = toyData(60, 3, 2)
  const make = (): Sequential => perceptron({ seed: 5 })
  const options = { epochs: 2, batchSize: 5, loss: crossEntropy(), optimizer: new SGD({ lr: 0.1 }) }
  const snapshots: Record<string, Tensor>[] = []
  const model = make()
  const refusals: (string | undefined)[] = []
  const running = model.fit(x, y, {
    ...options,
    callbacks: [
      {
        onEpochEnd: () => {
          snapshots.push(model.stateDict())
          // Begins anew: loading is allowed here.
          if (snapshots.length === 1) model.loadStateDict(make().stateDict())
        },
      },
    ],
  })
  // From outside, as soon as a step runs.
  for (let i = 0; i < 50 && refusals.length === 0; i++) {
    await Promise.resolve()
    try {
      model.loadStateDict(model.stateDict())
    } catch (error) {
      refusals.push((error as { code?: string }).code)
    }
  }
  await running
  expect(refusals).toEqual(['ERR_STATE'])
  // The second epoch began at the initial weights, in its own order: as a model does that skips the first.
  expect(snapshots).toHaveLength(2)
  const [first, second] = snapshots.map((state) => (state['0.weight'] as Tensor).toArray())
  expect(first).not.toEqual(second)
  expect((model.stateDict()['0.weight'] as Tensor).toArray()).toEqual(second)
})
