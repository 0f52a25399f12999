// Whole models in one file: they come back to the bit, and files that lie are refused before they cost memory.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mnist } from '../../src/data/mnist.js'
import { registerLayer } from '../../src/io/registry.js'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { ELU } from '../../src/layers/elu.js'
import { GELU } from '../../src/layers/gelu.js'
import { LeakyReLU } from '../../src/layers/leaky-relu.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { Identity } from '../../src/layers/reshape.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { SiLU } from '../../src/layers/silu.js'
import { LogSoftmax, Softmax } from '../../src/layers/softmax.js'
import { input } from '../../src/layers/value.js'
import { loadModel } from '../../src/load-model.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Model, type TrainableNetwork } from '../../src/model.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { sizeOf } from '../../src/tensor/shape.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'
import { graphNames, graphs } from '../model/graphs.js'
import { trainingBackends } from '../model/models.js'
import { HostSquare, TwoOutputs, toyData, toyModel } from '../model/toy-graph.js'
import { hasNative } from '../setup/backend.js'
import { floats, safetensorsBytes, takeApart, withStructure } from './safetensors-bytes.js'

registerLayer(HostSquare)
registerLayer(TwoOutputs)

const backend = hasNative ? native({ threads: 1 }) : reference()

let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-model-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
const newPath = (): string => join(folder, `m${count++}.safetensors`)

function write(bytes: Uint8Array): string {
  const path = newPath()
  writeFileSync(path, bytes)
  return path
}

/** Numbers around 0 for each input of the model. */
function samplesFor(model: TrainableNetwork, rows = 5): readonly Tensor[] {
  return model.requireSealed().graph.inputs.map(({ shape }) => {
    const data = Float32Array.from({ length: rows * sizeOf(shape) }, (_, i) => Math.sin(3 * i + 1))
    return new Tensor(data, [rows, ...shape])
  })
}

const bits = ({ data }: Tensor): string =>
  Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).toString('base64')

const stateBits = (model: TrainableNetwork): unknown =>
  Object.entries(model.stateDict()).map(([name, value]) => [name, value.shape, bits(value)])

/** Every kind of layer: those of the graphs of test/model, the toy graph, and here the activations that they lack. */
const activations = (options: { backend: Backend; seed?: number }): Sequential =>
  new Sequential(
    [
      new Linear(6, 5, { bias: false }),
      new LeakyReLU(0.2),
      new Linear(5),
      new ELU(0.7),
      new GELU(),
      new SiLU(),
      new Identity(),
      new Softmax(),
      new LogSoftmax(),
    ],
    options,
  )

const examples: readonly (readonly [string, (options: { backend: Backend; seed?: number }) => TrainableNetwork])[] = [
  ...graphNames.map((name) => [name, graphs[name].make] as const),
  ['the toy graph', toyModel],
  ['activations', activations],
]

describe.each(trainingBackends())('on %s', (_name, on) => {
  test.each(examples)('%s: predictions and state come back to the bit', async (name, make) => {
    const model = make({ seed: 9, backend: on })
    if (name in graphs) model.seal(graphs[name as keyof typeof graphs].dataset.sampleShapes)
    const samples = samplesFor(model)
    // Running statistics move away from where they begin.
    model.forward(...samples)
    const path = newPath()
    await model.save(path)
    const expected = bits(model.predict(...samples))
    for (const load of [Model.load, loadModel]) {
      const again = await load(path, { backend: on })
      expect(again.seed).toBe(9)
      expect(stateBits(again)).toEqual(stateBits(model))
      expect(bits(again.predict(...samples))).toBe(expected)
      // What is saved again is the same file, but for its kind.
      const second = newPath()
      await again.save(second)
      if (load === loadModel) expect(readFileSync(second).equals(readFileSync(path))).toBe(true)
    }
  })
})

test('every built-in layer is among the examples', async () => {
  const index = await import('../../src/index.js')
  const { Layer } = index
  const abstract = new Set(['ElementwiseLayer'])
  const types = Object.entries(index).filter(
    ([name, value]) => typeof value === 'function' && value.prototype instanceof Layer && !abstract.has(name),
  )
  const used = new Set(
    examples.flatMap(([name, make]) => {
      const model = make({ backend: reference() })
      if (name in graphs) model.seal(graphs[name as keyof typeof graphs].dataset.sampleShapes)
      return model.requireSealed().graph.layers.map((layer) => layer.constructor)
    }),
  )
  expect(types.length).toBeGreaterThan(20)
  expect(types.filter(([, type]) => !used.has(type as never)).map(([name]) => name)).toEqual([])
})

test('the file, to the byte: PyTorch keys and layout, one text with the structure', async () => {
  const x = input([2])
  const model = new Model(x, new Linear(2, 2).apply(x), { backend, seed: 3 })
  model.loadStateDict({
    '0.weight': [
      [1, 2],
      [3, 4],
    ],
    '0.bias': [5, 6],
  })
  const path = newPath()
  await model.save(path)
  const { header, data } = takeApart(readFileSync(path))
  const { __metadata__: metadata, ...tensors } = header as { __metadata__: Record<string, string> }
  expect(tensors).toEqual({
    '0.weight': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    '0.bias': { dtype: 'F32', shape: [2], data_offsets: [16, 24] },
  })
  expect([...data]).toEqual([...floats(1, 2, 3, 4, 5, 6)])
  const { netwright, ...rest } = metadata
  expect(rest).toEqual({ format: 'pt' })
  expect(JSON.parse(netwright as string)).toEqual({
    version: 1,
    kind: 'Model',
    real: 'float32',
    seed: 3,
    inputs: [[2]],
    layers: [{ type: 'Linear', config: { inFeatures: 2, outFeatures: 2, bias: true } }],
    places: [{ layer: 0, inputs: [{ input: 0 }] }],
    output: { place: 0, output: 0 },
  })
})

test('classes: loadModel keeps them, Sequential.load wants its own', async () => {
  const chain = activations({ backend })
  const graph = toyModel({ backend })
  const [chainPath, graphPath] = [newPath(), newPath()]
  await chain.save(chainPath)
  await graph.save(graphPath)
  expect((await loadModel(chainPath, { backend })).constructor).toBe(Sequential)
  expect((await loadModel(graphPath, { backend })).constructor).toBe(Model)
  expect((await Model.load(chainPath, { backend })).constructor).toBe(Model)
  const again = await Sequential.load(chainPath, { backend })
  expect(again.layers.map(({ kind, config }) => [kind, config])).toEqual(
    chain.layers.map(({ kind, config }) => [kind, config]),
  )
  expect(await failureOf(() => Sequential.load(graphPath, { backend }))).toEqual({
    code: 'ERR_FILE',
    message: `${graphPath}: the model that it describes cannot be made: it is a graph, expected a Sequential: use Model.load`,
  })
})

test('a layer that stands twice in a chain is still one', async () => {
  const shared = new Linear(3, 3)
  const model = new Sequential([shared, new ReLU(), shared], { backend, seed: 1 })
  const path = newPath()
  await model.save(path)
  const again = await Sequential.load(path, { backend })
  expect(again.layers[2]).toBe(again.layers[0])
  expect(again.parameters).toHaveLength(2)
})

test('a saved model trains on', async () => {
  const { x, y } = toyData(60)
  const path = newPath()
  const model = toyModel({ backend, seed: 1 })
  const options = () => ({ batchSize: 10, epochs: 1, loss: crossEntropy(), optimizer: new SGD({ lr: 0.1 }) })
  await model.fit(x, y, options())
  await model.save(path)
  const again = await Model.load(path, { backend })
  const before = await model.evaluate(x, y)
  expect(await again.evaluate(x, y, { loss: crossEntropy() })).toEqual(before)
  await again.fit(x, y, { ...options(), epochs: 20 })
  expect((await again.evaluate(x, y)).loss).toBeLessThan(before.loss)
})

test('row 50: the book’s predictor, an MNIST classifier 784-50-100-10: trained, saved, loaded, evaluated', async () => {
  const { train, test: held } = await mnist()
  const model = new Sequential(
    [new Linear(784, 50), new Sigmoid(), new Linear(50, 100), new Sigmoid(), new Linear(100, 10)],
    { backend, seed: 1 },
  )
  const optimizer = new SGD({ lr: 1 })
  await model.fit(train.slice(0, 2000), { batchSize: 50, epochs: 8, loss: crossEntropy(), optimizer })
  const path = newPath()
  await model.save(path)
  const again = await Sequential.load(path, { backend })
  const some = held.slice(0, 500)
  const { loss, accuracy } = await again.evaluate(some, { loss: crossEntropy() })
  expect({ loss, accuracy }).toEqual(await model.evaluate(some))
  expect(accuracy).toBeGreaterThan(0.8)
})

test.skipIf(!hasNative)(
  'the same ISA predicts the same bits, whatever the threads; the reference nearly the same',
  async () => {
    const model = activations({ backend, seed: 2 })
    const samples = samplesFor(model, 300)
    const path = newPath()
    await model.save(path)
    const expected = model.predict(...samples)
    const again = await Model.load(path, { backend: native({ threads: 2 }) })
    expect(bits(again.predict(...samples))).toBe(bits(expected))
    const slow = (await Model.load(path, { backend: reference() })).predict(...samples)
    expect(slow.data.every((value, i) => Math.abs(value - (expected.data[i] as number)) < 1e-5)).toBe(true)
  },
)

test('save during fit: a whole step, and training is as it would have been', async () => {
  const { x, y } = toyData(200)
  const train = async (saves: string[]): Promise<TrainableNetwork> => {
    const model = toyModel({ backend, seed: 1 })
    const running = model.fit(x, y, {
      batchSize: 10,
      epochs: 4,
      loss: crossEntropy(),
      optimizer: new SGD({ lr: 0.1 }),
      callbacks: [{ onEpochEnd: () => model.save(saves.pop() ?? newPath()) }],
    })
    await model.save(newPath())
    await running
    return model
  }
  const saves = Array.from({ length: 4 }, newPath)
  const [last] = saves
  const model = await train([...saves])
  expect(stateBits(model)).toEqual(stateBits(await train([])))
  expect(stateBits(await Model.load(last as string, { backend }))).toEqual(stateBits(model))
})

describe('float64', () => {
  const double = reference({ dtype: 'float64' })

  test('stays float64', async () => {
    const model = toyModel({ backend: double, seed: 4 })
    const path = newPath()
    await model.save(path)
    const { header } = takeApart(readFileSync(path))
    expect(header['0.weight']).toMatchObject({ dtype: 'F64' })
    const again = await Model.load(path, { backend: double })
    expect(stateBits(again)).toEqual(stateBits(model))
    expect(bits(again.predict(...samplesFor(model)))).toBe(bits(model.predict(...samplesFor(model))))
  })

  test('is rounded only where a float32 backend is named', async () => {
    const model = toyModel({ backend: double, seed: 4 })
    const path = newPath()
    await model.save(path)
    expect(await failureOf(() => Model.load(path))).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining("reference({ dtype: 'float64' })"),
    })
    const rounded = await Model.load(path, { backend })
    const [got, expected] = [rounded, model].map(({ params }) => [...(params[0] as Tensor).data].map(Math.fround))
    expect(got).toEqual(expected)
  })
})

describe('loadWeights', () => {
  const make = (seed = 0): Sequential =>
    new Sequential([new Linear(2, 2), new ReLU(), new Linear(2, 1)], { backend, seed })
  const entries = {
    '0.weight': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    '0.bias': { dtype: 'F32', shape: [2], data_offsets: [16, 24] },
    '2.weight': { dtype: 'F32', shape: [1, 2], data_offsets: [24, 32] },
    '2.bias': { dtype: 'F32', shape: [1], data_offsets: [32, 36] },
  }
  const data = floats(1, 2, 3, 4, 0, 0, 1, 10, 0)

  test("takes PyTorch's files", async () => {
    const model = make()
    expect(await model.loadWeights(write(safetensorsBytes(entries, data)))).toEqual({ missing: [], unexpected: [] })
    // W = [[1, 2], [3, 4]] (out, in): x = [1, 0] gives [1, 3], then 1 + 30.
    expect(model.predict([[1, 0]]).item()).toBe(31)
  })

  test('takes 16-bit floats', async () => {
    const half = Object.fromEntries(
      Object.entries(entries).map(([name, { shape, data_offsets }]) => [
        name,
        { dtype: 'BF16', shape, data_offsets: data_offsets.map((at) => at / 2) },
      ]),
    )
    const upper = data.filter((_, i) => i % 4 >= 2)
    const model = make()
    await model.loadWeights(write(safetensorsBytes(half, upper)))
    expect(model.predict([[1, 0]]).item()).toBe(31)
  })

  test('refuses what does not fit, and changes nothing', async () => {
    const { '0.bias': _, ...some } = entries
    const moved = {
      ...some,
      '2.weight': { ...entries['2.weight'], data_offsets: [16, 24] },
      '2.bias': { ...entries['2.bias'], data_offsets: [24, 28] },
    }
    const transposed = { ...entries, '2.weight': { ...entries['2.weight'], shape: [2, 1] } }
    for (const [header, bytes, message] of [
      [moved, data.subarray(0, 28), /missing "0\.bias"/],
      [transposed, data, /'2\.weight' has shape \(2, 1\), expected \(1, 2\)\. It is transposed/],
      [entries, data.subarray(0, 35), /truncated/],
    ] as const) {
      const model = make(2)
      const before = stateBits(model)
      const path = write(safetensorsBytes(header, bytes))
      const failure = await failureOf(() => model.loadWeights(path))
      expect([failure.code, failure.message.startsWith(path)]).toEqual(['ERR_FILE', true])
      expect(failure.message).toMatch(message)
      expect(stateBits(model)).toEqual(before)
    }
    const model = make(2)
    const partly = await model.loadWeights(write(safetensorsBytes(moved, data.subarray(0, 28))), { strict: false })
    expect(partly).toEqual({ missing: ['0.bias'], unexpected: [] })
  })

  test('Model.load says what to do with a file that has weights only', async () => {
    const path = write(safetensorsBytes(entries, data))
    const { code, message } = await failureOf(() => Model.load(path))
    expect([code, message.includes('await model.loadWeights(path)')]).toEqual(['ERR_FILE', true])
  })
})

describe('a failed save', () => {
  test('of a model without shapes says why, and makes no file', async () => {
    const path = newPath()
    const { code, message } = await failureOf(() => new Sequential([new Linear(3)], { backend }).save(path))
    expect([code, message.includes('nor its first layer says the shape of a sample')]).toEqual(['ERR_STATE', true])
    expect(readdirSync(folder)).not.toContain(path.split('/').at(-1))
  })

  test('onto a folder leaves it alone', async () => {
    const path = newPath()
    mkdirSync(path)
    expect((await failureOf(() => toyModel({ backend }).save(path))).code).toBe('ERR_FILE')
    expect(readdirSync(path)).toEqual([])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('without a path', async () => {
    expect((await failureOf(() => toyModel({ backend }).save(undefined as never))).code).toBe('ERR_ARGUMENT')
  })
})

describe('refuses the structure of', () => {
  let bytes: Uint8Array
  beforeAll(async () => {
    const path = newPath()
    await toyModel({ backend: reference() }).save(path)
    bytes = readFileSync(path)
  })

  /** A backend that counts what models ask of it. */
  function counting(): Backend & { asked: number } {
    const own = reference()
    const allocate = (size: number): Uint8Array => {
      result.asked += size
      return own.allocate(size)
    }
    const result = { ...own, asked: 0, allocate }
    return result
  }

  type Change = (structure: Record<string, unknown>) => unknown
  const withLayer =
    (i: number, layer: unknown): Change =>
    (structure) => ({ ...structure, layers: (structure.layers as unknown[]).toSpliced(i, 1, layer) })
  const withPlace =
    (i: number, place: unknown): Change =>
    (structure) => ({ ...structure, places: (structure.places as unknown[]).toSpliced(i, 1, place) })
  const linear = (config: object): Change => withLayer(0, { type: 'Linear', config })

  test.each<readonly [string, Change, RegExp]>([
    ['no JSON', () => '{', /JSON/],
    ['a list', () => [], /it is \[\]/],
    ['a later version', (s) => ({ ...s, version: 2 }), /version 2, written by a later netwright; this one reads 1/],
    ['no version', (s) => ({ ...s, version: undefined }), /version is undefined/],
    ['an unknown kind', (s) => ({ ...s, kind: 'Forest' }), /kind is "Forest"/],
    ['a chain that is none', (s) => ({ ...s, kind: 'Sequential' }), /cannot be made/],
    ['an unknown float', (s) => ({ ...s, real: 'float16' }), /real is "float16"/],
    ['a wrong seed', (s) => ({ ...s, seed: -1 }), /seed is -1/],
    ['no inputs', (s) => ({ ...s, inputs: [] }), /inputs is \[\]/],
    ['a wrong input', (s) => ({ ...s, inputs: [[-6]] }), /input: shape is \[-6\]/],
    ['other inputs', (s) => ({ ...s, inputs: [[7]] }), /places\[0\]: Linear: expected .*\(6,\), got \(7,\)/],
    ['a huge input', (s) => ({ ...s, inputs: [[2 ** 50]] }), /places\[0\]/],
    ['no layers', (s) => ({ ...s, layers: undefined }), /layers is undefined/],
    [
      'an unknown layer',
      withLayer(1, { type: 'Quantum', config: {} }),
      /layers\[1\] is of type "Quantum".*registerLayer\(Quantum\)/,
    ],
    ['a layer that objects have', withLayer(1, { type: 'constructor', config: {} }), /type "constructor"/],
    ['a layer called __proto__', withLayer(1, { type: '__proto__', config: {} }), /type "__proto__"/],
    ['a layer without type', withLayer(1, {}), /type undefined.*registerLayer\(TheClass\)/],
    ['a layer without config', withLayer(0, { type: 'Linear' }), /layers\[0\] \(Linear\): config is undefined/],
    [
      'a config that does not fit',
      linear({ inFeatures: 6, outFeatures: -6 }),
      /layers\[0\] \(Linear\): Linear: outFeatures is -6/,
    ],
    ['an unknown option', linear({ inFeatures: 6, outFeatures: 6, gain: 3 }), /unknown option 'gain'/],
    ['a layer larger than the file', linear({ outFeatures: 6e9 }), /cannot be made/],
    [
      'a wide layer',
      (s) => ({
        ...s,
        inputs: [[1e5]],
        layers: [{ type: 'Linear', config: { outFeatures: 1e5 } }],
        places: [{ layer: 0, inputs: [{ input: 0 }] }],
        output: { place: 0, output: 0 },
      }),
      /0\.Linear has a tensor \(100000, 100000\), and the file only 42 numbers/,
    ],
    [
      'wide statistics',
      (s) => ({
        ...s,
        inputs: [[1e9]],
        layers: [{ type: 'BatchNorm', config: {} }],
        places: [{ layer: 0, inputs: [{ input: 0 }] }],
        output: { place: 0, output: 0 },
      }),
      /has a tensor \(1000000000,\), and the file only 42/,
    ],
    ['a layer with fewer tensors', linear({ inFeatures: 6, outFeatures: 6, bias: false }), /unexpected "0\.bias"/],
    ['a layer of another kind', withLayer(0, { type: 'ReLU', config: {} }), /unexpected "0\.weight", "0\.bias"/],
    ['no places', (s) => ({ ...s, places: [] }), /places is \[\]/],
    ['a place of no layer', withPlace(0, { layer: 99, inputs: [{ input: 0 }] }), /places\[0\]\.layer is 99/],
    ['a place of a name', withPlace(0, { layer: 'map', inputs: [{ input: 0 }] }), /places\[0\]\.layer is "map"/],
    ['a place without inputs', withPlace(0, { layer: 0, inputs: [] }), /places\[0\]\.inputs is \[\]/],
    [
      'a place before its input',
      withPlace(0, { layer: 0, inputs: [{ place: 3, output: 0 }] }),
      /places\[0\]\.inputs\[0\] is \{"place":3/,
    ],
    [
      'a place that feeds itself',
      withPlace(1, { layer: 1, inputs: [{ place: 1, output: 0 }] }),
      /places\[1\]\.inputs\[0\]/,
    ],
    [
      'an output that is not there',
      withPlace(1, { layer: 1, inputs: [{ place: 0, output: 1 }] }),
      /places\[1\]\.inputs\[0\]/,
    ],
    ['an input that is not there', withPlace(0, { layer: 0, inputs: [{ input: 1 }] }), /places\[0\]\.inputs\[0\]/],
    ['an input with a name', withPlace(0, { layer: 0, inputs: [{ input: 'length' }] }), /places\[0\]\.inputs\[0\]/],
    ['no output', (s) => ({ ...s, output: undefined }), /output is undefined/],
    ['an input as output', (s) => ({ ...s, output: { input: 0 } }), /places are not all needed/],
    ['places that nothing needs', (s) => ({ ...s, output: { place: 1, output: 0 } }), /places are not all needed/],
    [
      'a tower of places',
      (s) => ({
        ...s,
        layers: [{ type: 'ReLU', config: {} }],
        places: Array.from({ length: 3e4 }, (_, i) => ({
          layer: 0,
          inputs: [i === 0 ? { input: 0 } : { place: i - 1, output: 0 }],
        })),
        output: { place: 29999, output: 0 },
      }),
      /call stack|unexpected/,
    ],
  ])('%s', async (_name, change, message) => {
    const path = write(withStructure(bytes, change))
    const backend = counting()
    const failure = await failureOf(() => loadModel(path, { backend }))
    expect([failure.code, failure.message.startsWith(`${path}: `)]).toEqual(['ERR_FILE', true])
    expect(failure.message).toMatch(message)
    expect(backend.asked).toBe(0)
    expect(failure.message.length).toBeLessThan(600)
  })

  test('a file that is cut anywhere', async () => {
    const lengths = Array.from({ length: 60 }, (_, i) => Math.floor((i * bytes.length) / 60))
    const read: number[] = []
    for (const length of [...lengths, bytes.length - 1]) {
      const { code } = await failureOf(() => loadModel(write(bytes.slice(0, length)), { backend: counting() }))
      if (code !== 'ERR_FILE') read.push(length)
    }
    expect(read).toEqual([])
  })

  test('a file with any byte changed: it loads, or is refused, within its own memory', async () => {
    const path = newPath()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 3,
        }),
        async (changes) => {
          const changed = Uint8Array.from(bytes)
          for (const [at, value] of changes) changed[at] = value
          writeFileSync(path, changed)
          const backend = counting()
          try {
            await loadModel(path, { backend })
          } catch (error) {
            if ((error as { code?: string }).code !== 'ERR_FILE') throw error
          }
          // Parameters, gradients and padding.
          expect(backend.asked).toBeLessThan(4 * bytes.length)
        },
      ),
      { numRuns: 400 },
    )
  })
})
