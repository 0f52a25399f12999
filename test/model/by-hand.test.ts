// Layers, losses, models and optimizers used by hand: what their borders refuse.

import { describe, expect, it } from 'vitest'
import { Add } from '../../src/layers/add.js'
import { constant } from '../../src/layers/initialisers.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import type { Node } from '../../src/layers/node.js'
import { input } from '../../src/layers/value.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { Model } from '../../src/model.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import type { Shape } from '../../src/tensor/shape.js'
import { Tensor } from '../../src/tensor/tensor.js'

const error = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error

describe('a forward pass that fails', () => {
  it('leaves no earlier one to go back through', () => {
    const model = new Sequential([new Linear(2, 1)])
    const layer = new Linear(2, 1)
    const loss = mse()
    for (const { forward, backward } of [
      { forward: (x: number[][]) => model.forward(x), backward: () => model.backward([[1]]) },
      { forward: (x: number[][]) => layer.forward(x), backward: () => layer.backward([[1]]) },
      { forward: (x: number[][]) => loss.forward([[1, 2]], x), backward: () => loss.backward() },
    ]) {
      forward([[1, 2]])
      expect(() => forward([[1, 2, 3]])).toThrow(error('ERR_SHAPE', /3/))
      expect(backward).toThrow(error('ERR_STATE', /backward\(\) was called before forward\(\)/))
    }
  })
  it("is not what a model's second backward() is told of", () => {
    const model = new Sequential([new Linear(2, 1)])
    model.forward([[1, 2]])
    model.backward([[1]])
    expect(() => model.backward([[1]])).toThrow(error('ERR_STATE', /twice after one forward/))
  })
})

describe('layers', () => {
  it('are built for one width of inputs', () => {
    const layer = new Linear(2)
    layer.forward([[1, 2, 3]])
    expect(() => layer.forward([[1, 2]])).toThrow(error('ERR_SHAPE', /^Linear: expected \(3,\), .* got \(2,\)/))
    const shared = new Linear(2)
    const [a, b] = [input([3]), input([2])]
    const model = new Model([a, b], new Add().apply(shared.apply(a), shared.apply(b)))
    expect(() => model.predict([[1, 2, 3]], [[1, 2]])).toThrow(error('ERR_SHAPE', /^Linear: expected \(3,\)/))
  })
  it('refuse a gradient of another shape than the output', () => {
    const layer = new Linear(2, 2)
    layer.forward([[1, 2]])
    expect(() => layer.backward([[1, 2, 3]])).toThrow(
      error('ERR_SHAPE', /gradient has shape \(1, 3\), the output \(1, 2\)/),
    )
    expect(() =>
      layer.backward([
        [1, 2],
        [3, 4],
      ]),
    ).toThrow(error('ERR_SHAPE', /\(2, 2\), the output \(1, 2\)/))
  })
  it('refuse inputs with different numbers of samples', () => {
    expect(() => new Add().forward([[1], [2]], [[1], [2], [3]])).toThrow(error('ERR_SHAPE', /same number of samples/))
  })
  it('refuse unknown options and what is no initialiser', () => {
    expect(() => new Linear(2, 3, { bais: false } as never)).toThrow(error('ERR_ARGUMENT', /unknown option 'bais'/))
    expect(() => new Linear(2, 3, { init: 'hey' as never })).toThrow(
      error('ERR_ARGUMENT', /init is "hey", expected an init/),
    )
    expect(() => constant('a' as never)).toThrow(error('ERR_ARGUMENT', /constant: value is "a"/))
  })
  it('are held to the shapes that they promise', () => {
    class Wrong extends Layer {
      compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        return [node.empty([x.shape[0] as number, 5])]
      }
      differentiate(): readonly Tensor[] {
        return []
      }
    }
    class NoList extends Wrong {
      override compute(_: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        return x as never
      }
      override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
        return inputs
      }
    }
    const predict = (layer: Layer) => () => new Sequential([new Linear(2, 2), layer]).predict([[1, 2]])
    expect(predict(new Wrong())).toThrow(
      error('ERR_SHAPE', /^1\.Wrong: compute\(\) returned \(\d+, 5\), expected .*\(\d+, 2\)/),
    )
    class WrongBack extends Layer {
      compute(_: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        return [x]
      }
      differentiate(node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
        return [node.empty([dy.shape[0] as number, 3])]
      }
    }
    const model = new Sequential([new Linear(2, 2), new WrongBack()])
    model.forward([[1, 2]])
    expect(() => model.backward([[1, 1]])).toThrow(
      error('ERR_SHAPE', /^1\.WrongBack: differentiate\(\) returned \(1, 3\), expected .*\(1, 2\)/),
    )
    expect(predict(new NoList())).toThrow(
      error('ERR_SHAPE', /^1\.NoList: compute\(\) returned a Tensor, expected a list/),
    )
  })
})

it('predict reports a kernel that fails instead of an old answer', () => {
  class Checked extends Layer {
    compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
      node.kernels.checkFinite({ x, n: x.size })
      return [x]
    }
    differentiate(_: Node, [gradient]: readonly [Tensor]): readonly Tensor[] {
      return [gradient]
    }
  }
  const model = new Sequential([new Checked(), new Linear(2)])
  model.predict([[1, 2]])
  expect(() => model.predict([[1, Number.NaN]])).toThrow(error('ERR_KERNEL', /predict: 0\.Checked: .*x\[1\] is NaN/))
})

it('predict asks for no more memory than its rows need', () => {
  const model = new Sequential([new Linear(300_000, 2)])
  expect(model.predict(new Float32Array(300_000)).shape).toEqual([2])
})

it('a loss by hand refuses labels that are no class numbers', () => {
  expect(() => crossEntropy().forward([[1, 2]], [1.5])).toThrow(error('ERR_LABEL', /label of sample 0 is 1\.5/))
  expect(() => crossEntropy().forward([[1, 2]], [Number.NaN])).toThrow(error('ERR_LABEL', /is NaN/))
})

describe('optimizers', () => {
  it('take parameters, and decay weights only', () => {
    const layer = new Linear(2, 2)
    const backward = (): void => {
      layer.forward([[1, 2]])
      layer.backward([[0, 0]])
    }
    backward()
    const [weight, bias] = layer.parameters.map(({ value }) => value.toFloat32())
    new SGD({ lr: 0.5, weightDecay: 0.5 }).update(layer.parameters)
    expect([...layer.weight.value.data]).toEqual([...(weight ?? [])].map((value) => Math.fround(value * 0.75)))
    expect(layer.bias?.value.data).toEqual(bias)
  })
  it('refuse empty lists, with what is usually behind them', () => {
    expect(() => new SGD().update([])).toThrow(error('ERR_ARGUMENT', /makes its own at its first forward/))
  })
  it('refuse unknown options and rates', () => {
    expect(() => new SGD({ learningRate: 0.1 } as never)).toThrow(
      error('ERR_ARGUMENT', /unknown option 'learningRate'/),
    )
    expect(() => new SGD(0.1 as never)).toThrow(error('ERR_ARGUMENT', /options is 0\.1, expected an object with lr/))
    expect(() => new SGD({ lr: -1 })).toThrow(error('ERR_ARGUMENT', /lr is -1, expected a finite number above 0/))
  })
})

describe('models', () => {
  it('print briefly', () => {
    expect(String(new Sequential([new Linear(2, 2)]))).toBe('Sequential(Linear)')
  })
  it('refuse what is no model', () => {
    expect(() => new Sequential([Linear as never])).toThrow(
      error('ERR_ARGUMENT', /layers\[0\] is the class Linear \(new is missing\)/),
    )
    expect(() => new Sequential(new Linear(2) as never)).toThrow(error('ERR_ARGUMENT', /expected a list of layers/))
    expect(() => new Model(input([2]), undefined as never)).toThrow(error('ERR_ARGUMENT', /output is undefined/))
    expect(() => new Sequential([new Linear(2)], { backend: 'reference' as never })).toThrow(
      error('ERR_ARGUMENT', /backend is "reference", expected native\(\)/),
    )
    expect(() => new Tensor([1, 2] as never, [2])).toThrow(error('ERR_ARGUMENT', /use tensor\(/))
  })
})

describe('models refuse', () => {
  it('inputs that are none, or twice the same', () => {
    const x = input([2])
    const y = new Linear(1).apply(x)
    const inputs = (list: unknown) => () => new Model(list as never, y)
    expect(inputs([])).toThrow(error('ERR_ARGUMENT', /inputs is empty, expected values from input\(\)/))
    expect(inputs(3)).toThrow(error('ERR_ARGUMENT', /item 0 is 3, expected values/))
    expect(inputs([x, x])).toThrow(error('ERR_ARGUMENT', /item 1 is twice the same/))
  })
  it('layers that are no list, before what stands in the place of options', () => {
    const make = () => new Sequential(new Linear(2, 2) as never, new Linear(2, 2) as never)
    expect(make).toThrow(error('ERR_ARGUMENT', /Sequential: layers is a Linear, expected a list of layers/))
  })
  it('a strictness that is neither true nor false', async () => {
    const model = new Sequential([new Linear(2, 2)])
    const wrong = { strict: 'no' as never }
    expect(() => model.loadStateDict(model.stateDict(), wrong)).toThrow(error('ERR_ARGUMENT', /strict is "no"/))
    await expect(model.loadWeights('x', wrong)).rejects.toThrow(error('ERR_ARGUMENT', /^loadWeights: strict is "no"/))
  })
})
