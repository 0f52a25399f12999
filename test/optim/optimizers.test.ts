// Every optimizer by hand: the study notes' values, plain loops in double precision, float32, options, states.

import { describe, expect, it } from 'vitest'
import { Parameter } from '../../src/layers/parameter.js'
import { Adagrad } from '../../src/optim/adagrad.js'
import { Adam } from '../../src/optim/adam.js'
import { AdamW } from '../../src/optim/adamw.js'
import type { Optimizer } from '../../src/optim/optimizer.js'
import { RMSprop } from '../../src/optim/rmsprop.js'
import { SGD } from '../../src/optim/sgd.js'
import { cosine } from '../../src/schedules/cosine.js'
import { oneCycle } from '../../src/schedules/one-cycle.js'
import { step } from '../../src/schedules/step.js'
import { tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'

const doubles = (...values: number[]): Tensor => new Tensor(Float64Array.from(values), [values.length])
/** ∇(x² / 20 + y²). */
const slopes = ([x = 0, y = 0]: readonly number[]): readonly number[] => [x / 10, 2 * y]

/** Where `optimizer` gets from (-7, 2) on x² / 20 + y² in `steps` steps. */
function descend(optimizer: Optimizer, point: Tensor = doubles(-7, 2), steps = 30): readonly number[] {
  const gradient = new Tensor(point.data.slice(), [2])
  for (let step = 0; step < steps; step++) {
    gradient.data.set(slopes(Array.from(point.data)))
    optimizer.update([point], [gradient])
  }
  return Array.from(point.data)
}

describe('30 steps on x² / 20 + y² from (-7, 2), in float64', () => {
  // Golden values of 'Deep Learning from Scratch', to the digits that the study notes give.
  it.each([
    ['SGD', new SGD({ lr: 0.95 }), [-0.3504, 0.0848], 1e-4],
    ['momentum', new SGD({ lr: 0.1, momentum: 0.9 }), [0.8964, 0.0881], 1e-4],
    ['Nesterov', new SGD({ lr: 0.1, momentum: 0.9, nesterov: true }), [0.68961, -0.00067991], 1e-5],
    ['Adagrad', new Adagrad({ lr: 1.5, eps: 1e-7 }), [-0.1202, 2.5e-17], 1e-4],
    ['RMSprop', new RMSprop({ eps: 1e-7 }), [-6.0425, 1.1198], 1e-4],
    ['RMSprop, lr 0.3', new RMSprop({ lr: 0.3, eps: 1e-7 }), [-5.35e-6, 1.5e-11], 1e-8],
  ] as const)('%s', (_, optimizer, [x, y], tolerance) => {
    const [gotX = 0, gotY = 0] = descend(optimizer)
    expect(Math.abs(gotX - x)).toBeLessThan(tolerance / 2)
    expect(Math.abs(gotY - y)).toBeLessThan(tolerance / 2)
    expect(optimizer.steps).toBe(30)
  })
  it('Adagrad and RMSprop reach the tiny values too', () => {
    expect(descend(new Adagrad({ lr: 1.5, eps: 1e-7 }))[1]).toBeCloseTo(2.5e-17, 18)
    expect(descend(new RMSprop({ lr: 0.3, eps: 1e-7 }))[1]).toBeCloseTo(1.5e-11, 12)
  })
})

interface State {
  x: number
  m: number
  v: number
}
/** Plain loops over one number: step t with gradient g. */
const plain: Readonly<Record<string, (s: State, g: number, t: number) => void>> = {
  nesterov: (s, g) => {
    const d = g + 0.01 * s.x
    s.v = 0.9 * s.v + d
    s.x -= 0.1 * (d + 0.9 * s.v)
  },
  adagrad: (s, g) => {
    s.v += g * g
    s.x -= (0.01 * g) / (Math.sqrt(s.v) + 1e-10)
  },
  rmsprop: (s, g) => {
    s.v = 0.99 * s.v + 0.01 * g * g
    s.x -= (0.01 * g) / (Math.sqrt(s.v) + 1e-8)
  },
  adam: (s, g, t) => {
    const d = g + 0.1 * s.x
    s.m = 0.8 * s.m + 0.2 * d
    s.v = 0.99 * s.v + 0.01 * d * d
    s.x -= (0.3 * (s.m / (1 - 0.8 ** t))) / (Math.sqrt(s.v / (1 - 0.99 ** t)) + 1e-8)
  },
  adamw: (s, g, t) => {
    s.x -= 0.001 * 0.01 * s.x
    s.m = 0.9 * s.m + 0.1 * g
    s.v = 0.999 * s.v + 0.001 * g * g
    s.x -= (0.001 * (s.m / (1 - 0.9 ** t))) / (Math.sqrt(s.v / (1 - 0.999 ** t)) + 1e-8)
  },
}
const same: Readonly<Record<string, () => Optimizer>> = {
  nesterov: () => new SGD({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adagrad: () => new Adagrad(),
  rmsprop: () => new RMSprop(),
  adam: () => new Adam({ lr: 0.3, betas: [0.8, 0.99], weightDecay: 0.1 }),
  adamw: () => new AdamW(),
}

describe.each(Object.keys(plain))('%s', (name) => {
  const make = same[name] as () => Optimizer
  const expected = slopes([-7, 2]).map((_, i) => {
    const state: State = { x: [-7, 2][i] as number, m: 0, v: 0 }
    for (let t = 1; t <= 40; t++) plain[name]?.(state, slopes([state.x, state.x])[i] as number, t)
    return state.x
  })

  it('equals a plain loop in float64, defaults included', () => {
    descend(make(), undefined, 40).forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-12)
    })
  })
  it('does so in float32, to its rounding', () => {
    descend(make(), tensor([-7, 2]), 40).forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(2e-5)
    })
  })
})

describe('weight decay', () => {
  it.each([
    new SGD({ weightDecay: 0.1 }),
    new SGD({ weightDecay: 0.1, momentum: 0.5 }),
    new Adagrad({ weightDecay: 0.1 }),
    new RMSprop({ weightDecay: 0.1 }),
    new Adam({ weightDecay: 0.1 }),
    new AdamW(),
  ])('of $constructor.name leaves biases alone', (optimizer) => {
    const [weight, bias] = [true, false].map((decay) => new Parameter('p', tensor([2]), { decay })) as [
      Parameter,
      Parameter,
    ]
    optimizer.update([weight, bias])
    expect(weight.value.data[0]).toBeLessThan(2)
    expect(bias.value.data[0]).toBe(2)
  })
})

describe('step values', () => {
  const valuesAt = (optimizer: Optimizer, step: number): Readonly<Record<string, number>> => {
    const values: Record<string, number> = {}
    optimizer.setStepValues(step, (name, value) => {
      values[name] = value
    })
    return values
  }
  it.each([new SGD(), new SGD({ momentum: 0.9 }), new Adagrad(), new RMSprop(), new Adam(), new AdamW()])(
    '$constructor.name sets all that it names',
    (optimizer) => {
      expect(Object.keys(valuesAt(optimizer, 1))).toEqual([...optimizer.stepValues])
    },
  )
  it('of Adam follow from the step alone: onwards, skipping, repeated and going back', () => {
    const used = new Adam()
    for (const step of [1, 2, 3, 9, 9, 4, 5, 1, 1000, 2]) {
      expect(valuesAt(used, step)).toEqual(valuesAt(new Adam(), step))
    }
    const { lr, rootScale } = valuesAt(used, 3)
    expect(lr).toBeCloseTo(1e-3 / (1 - 0.9 ** 3), 12)
    expect(rootScale).toBeCloseTo(1 / Math.sqrt(1 - 0.999 ** 3), 9)
  })
})

describe('schedules', () => {
  const cycle = { from: 0.95, max: 0.85, to: 0.95, steps: 40 }

  // Printed by PyTorch 2.15 for 40 steps in float64 with OneCycleLR(max_lr=0.3, total_steps=40), which cycles momentum.
  it.each([
    [
      'AdamW',
      new AdamW({ lr: oneCycle({ max: 0.3, steps: 40 }), betas: [oneCycle(cycle), 0.999] }),
      [-2.0806737232368016, -0.2954379289008017],
    ],
    [
      'SGD',
      new SGD({ lr: oneCycle({ max: 0.3, steps: 40 }), momentum: oneCycle(cycle), nesterov: true }),
      [0.7245963073358774, -7.157218295296655e-5],
    ],
  ] as const)('one-cycle of rate and momentum with %s is that of PyTorch', (_, optimizer, expected) => {
    descend(optimizer, undefined, 40).forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-13)
    })
  })
  it('of AdamW shrink parameters by the present rate', () => {
    const values: Record<string, number> = {}
    new AdamW({ lr: step({ from: 0.1, every: 2 }), weightDecay: 0.5 }).setStepValues(3, (name, value) => {
      values[name] = value
    })
    expect(values.shrink).toBeCloseTo(0.1 * 0.1 * 0.5, 15)
    expect(values.lr).toBeCloseTo(0.01 / (1 - 0.9 ** 3), 12)
  })
  it('by hand count the steps of the optimizer, and need their own where they end', () => {
    const optimizer = new SGD({ lr: step({ from: 1, every: 1, gamma: 0.5 }) })
    const point = doubles(0)
    for (let i = 0; i < 3; i++) optimizer.update([point], [doubles(1)])
    expect(point.data[0]).toBe(-1.75)
    const endless = new SGD({ lr: oneCycle({ max: 0.01 }) })
    expect(() => endless.update([point], [doubles(1)])).toThrow(
      'oneCycle: steps is missing. Only fit knows how many steps a run has; elsewhere say it: oneCycle({ …, steps: 1000 })',
    )
    expect(point.data[0]).toBe(-1.75)
    expect(endless.steps).toBe(0)
  })
  it('may be what JSON keeps of them', () => {
    const lr = oneCycle({ max: 0.01 })
    expect(new SGD({ lr: JSON.parse(JSON.stringify(lr)) }).lr).toStrictEqual(lr)
  })
})

describe('errors', () => {
  const error = (text: string) => expect.objectContaining({ code: 'ERR_ARGUMENT', message: text }) as Error

  it('name the option, its value and what it may be', () => {
    expect(() => new SGD({ lr: 0 })).toThrow(error('SGD: lr is 0, expected a finite number above 0'))
    expect(() => new SGD({ momentum: 1 })).toThrow(error('SGD: momentum is 1, expected a number from 0, below 1'))
    expect(() => new SGD({ nesterov: true })).toThrow(error('SGD: nesterov needs a momentum above 0, such as 0.9'))
    expect(() => new Adagrad({ eps: 0 })).toThrow(error('Adagrad: eps is 0, expected a finite number above 0'))
    expect(() => new RMSprop({ alpha: -0.1 })).toThrow(
      error('RMSprop: alpha is -0.1, expected a number from 0, below 1'),
    )
    expect(() => new Adam({ betas: [0.9, 1] })).toThrow(error('Adam: betas[1] is 1, expected a number from 0, below 1'))
    expect(() => new Adam({ betas: 0.9 as never })).toThrow(
      error('Adam: betas is 0.9, expected two numbers such as [0.9, 0.999]'),
    )
    expect(() => new AdamW({ weightDecay: Number.NaN })).toThrow(
      error('AdamW: weightDecay is NaN, expected a finite number from 0'),
    )
    expect(() => new AdamW({ beta: 0.9 } as never)).toThrow(
      error("AdamW: unknown option 'beta', expected lr, betas, eps, weightDecay"),
    )
  })
  it('name the option that no schedule fits', () => {
    expect(() => new SGD({ lr: 'fast' as never })).toThrow(
      error('SGD: lr is "fast", expected a number or a schedule such as cosine({ from: 0.1 })'),
    )
    expect(() => new SGD({ lr: oneCycle as never })).toThrow(
      error('SGD: lr is oneCycle itself, expected what it makes: oneCycle({ … })'),
    )
    expect(() => new Adam({ lr: cosine({ from: 0 }) })).toThrow(
      error('Adam: lr: the highest value of its schedule is 0, expected a finite number above 0'),
    )
    expect(() => new SGD({ momentum: oneCycle({ max: 1 }) })).toThrow(
      error('SGD: momentum: the highest value of its schedule is 1, expected a number from 0, below 1'),
    )
    expect(() => new Adam({ betas: [0.9, cosine({ from: 0.9 }) as never] })).toThrow(
      error('Adam: betas[1] is an Object, expected a number from 0, below 1'),
    )
  })
  it('float32 and float64 do not mix', () => {
    expect(() => new SGD().update([tensor([1])], [doubles(1)])).toThrow(
      error('update: got float32 and float64 tensors, expected all float32 or all float64'),
    )
    expect(() => new SGD().update([doubles(1), tensor([1])], [doubles(1), tensor([1])])).toThrow(
      error('update: got float64 and float32 tensors, expected all float32 or all float64'),
    )
  })
})
