// Layers of the program's own in saved files: found by name, or refused with the line that is missing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerLayer } from '../../src/io/registry.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { type BuildContext, Layer, type LayerConfig } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import type { Node } from '../../src/layers/node.js'
import { Parameter } from '../../src/layers/parameter.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { Sequential } from '../../src/sequential.js'
import type { Shape } from '../../src/tensor/shape.js'
import { arrayTypes, Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'
import { hasNative } from '../setup/backend.js'

const backend = hasNative ? native({ threads: 1 }) : reference()

let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-registry-'))
  path = join(folder, 'm.safetensors')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** y = x · sigmoid(x). */
class Swish extends Layer {
  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const [s, y] = [node.empty(x.shape), node.empty(x.shape)]
    node.kernels.sigmoidForward({ y: s, x, n: x.size })
    node.kernels.mul({ y, a: x, b: s, n: x.size })
    return [y]
  }

  differentiate(): readonly undefined[] {
    return [undefined]
  }
}

/** y = x · factor + shift, with a learned shift; the constructor takes an argument. */
class Affine extends Layer {
  readonly factor: number

  constructor(factor: number) {
    super()
    this.factor = factor
  }

  override get config(): LayerConfig {
    return { factor: this.factor }
  }

  static override fromConfig({ factor }: LayerConfig): Affine {
    return new Affine(factor as number)
  }

  protected override build([shape]: readonly Shape[], { real, random }: BuildContext): void {
    const size = (shape as Shape)[0] as number
    const values = new arrayTypes[real](size)
    for (let i = 0; i < size; i++) values[i] = random.normal(0, 1)
    this.parameters.push(new Parameter('shift', new Tensor(values, [size])))
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    const shift = this.parameters[0]?.value as Tensor
    node.kernels.host(
      ([out]: readonly Tensor[], [values]: readonly Tensor[]) => {
        values?.data.forEach((value, i) => {
          if (out !== undefined) out.data[i] = value * this.factor + (shift.data[i % shift.size] as number)
        })
      },
      [y],
      [x],
    )
    return [y]
  }

  differentiate(): readonly undefined[] {
    return [undefined]
  }
}

const modelWith = (layer: Layer): Sequential =>
  new Sequential([new Linear(3, 4), layer, new Linear(4, 2)], { seed: 3, backend })

test('a layer of your own comes back, with its settings and its parameters', async () => {
  registerLayer(Swish)
  registerLayer(Affine, 'my/Affine')
  for (const layer of [new Swish(), new Affine(2.5)]) {
    const model = modelWith(layer)
    await model.save(path)
    const again = await Sequential.load(path, { backend })
    expect(again.layers[1]?.constructor).toBe(layer.constructor)
    const x = [[1, -2, 3]]
    expect([...again.predict(x).data]).toEqual([...model.predict(x).data])
  }
})

test('registering twice is fine, under two names as well', async () => {
  class Other extends Swish {}
  registerLayer(Other, 'a name')
  registerLayer(Other, 'a name')
  registerLayer(Other, 'another name')
  await modelWith(new Other()).save(path)
  expect((await Sequential.load(path, { backend })).layers[1]).toBeInstanceOf(Other)
})

describe('registerLayer refuses', () => {
  const named = (name: string): typeof Swish => ({ [name]: class extends Swish {} })[name] as typeof Swish
  test.each([
    ['no class', () => registerLayer(5 as never), /got 5, expected a class that extends Layer/],
    ['nothing', () => registerLayer(undefined as never), /got undefined/],
    ['a layer', () => registerLayer(new Swish() as never), /got a Swish/],
    ['another class', () => registerLayer(Map as never), /got the function Map/],
    ['a class without a name', () => registerLayer(class extends Swish {}), /name is ""/],
    ['no name', () => registerLayer(Swish, 7 as never), /name is 7/],
    [
      "netwright's names",
      () => registerLayer(named('Linear')),
      /'Linear' is the name of another class already.*'MyLinear'/,
    ],
    [
      'two classes under one name',
      () => {
        registerLayer(named('Twin'))
        registerLayer(named('Twin'))
      },
      /'Twin' is the name of another class already/,
    ],
  ])('%s', async (_name, action, message) => {
    const failure = await failureOf(action)
    expect(failure.code).toBe('ERR_ARGUMENT')
    expect(failure.message).toMatch(message)
  })

  test('no name only because objects have it', () => {
    for (const name of ['constructor', '__proto__']) expect(() => registerLayer(named(name))).not.toThrow()
  })
})

describe('saving refuses a layer that could not be loaded:', () => {
  class Unregistered extends Swish {}
  class NoConfig extends Swish {
    readonly factor: number
    constructor(factor: number) {
      super()
      this.factor = factor
    }
  }
  class MySigmoid extends Sigmoid {}
  class Stretched extends Affine {}
  class Functional extends Swish {
    override get config(): LayerConfig {
      return { f: Math.sin }
    }
  }
  class Infinite extends Swish {
    override get config(): LayerConfig {
      return { limit: Infinity }
    }
  }
  class Forgetful extends Swish {
    readonly alpha: number
    constructor(alpha = 1) {
      super()
      this.alpha = alpha
    }
    override get config(): LayerConfig {
      return { alpha: this.alpha }
    }
  }
  class Defaulted extends Swish {
    readonly alpha: number
    constructor(alpha = 1) {
      super()
      this.alpha = alpha
    }
  }
  class Picky extends Swish {
    static override fromConfig(): Picky {
      throw new Error('I do not like it')
    }
  }
  for (const type of [NoConfig, Stretched, Functional, Infinite, Forgetful, Defaulted, Picky]) registerLayer(type)

  test.each([
    ['not registered', new Unregistered(), /^save: 1\.Unregistered: .*registerLayer\(Unregistered\)$/],
    ['a subclass that is not registered', new MySigmoid(), /registerLayer\(MySigmoid\)$/],
    ['arguments, but no fromConfig', new NoConfig(2), /constructor of NoConfig takes arguments.*static fromConfig/],
    [
      'the fromConfig of another class',
      new Stretched(2),
      /Stretched\.fromConfig makes an Affine, expected a Stretched/,
    ],
    ['a function in its config', new Functional(), /config cannot be written as JSON: f is the function sin/],
    ['a number that JSON has not', new Infinite(), /limit is Infinity/],
    ['a fromConfig that forgets', new Forgetful(3), /with config \{"alpha":1\} from config \{"alpha":3\}/],
    [
      'an argument with a default, but no config',
      new Defaulted(3),
      /alpha is 3, and 1 in a layer made without.*config/,
    ],
    ['a fromConfig that throws', new Picky(), /does not take the layer's own config: I do not like it/],
  ])('%s', async (_name, layer, message) => {
    const failure = await failureOf(() => modelWith(layer).save(path))
    expect(failure.code).toBe('ERR_ARGUMENT')
    expect(failure.message).toMatch(message)
  })
})
