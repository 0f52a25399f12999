// Schedules against their closed forms, numbers by hand and PyTorch's; as plain values; and what bad input is answered.

import { describe, expect, it } from 'vitest'
import { cosine } from '../../src/schedules/cosine.js'
import { cosineRestarts } from '../../src/schedules/cosine-restarts.js'
import { cosineShare } from '../../src/schedules/cosine-share.js'
import { exponential } from '../../src/schedules/exponential.js'
import { multiStep } from '../../src/schedules/multi-step.js'
import { oneCycle } from '../../src/schedules/one-cycle.js'
import { polynomial } from '../../src/schedules/polynomial.js'
import { power } from '../../src/schedules/power.js'
import { highestOf, type Schedule, scheduleAt, valueAt } from '../../src/schedules/schedule.js'
import { step } from '../../src/schedules/step.js'
import { warmUp } from '../../src/schedules/warm-up.js'
import { failure } from '../failure.js'

const all: readonly Schedule[] = [
  step({ from: 0.1, every: 7 }),
  multiStep({ from: 0.1, milestones: [3, 10, 11], gamma: 0.5 }),
  exponential({ from: 0.1, gamma: 0.9, every: 4 }),
  polynomial({ from: 0.1, to: 0.01, power: 0.9 }),
  cosine({ from: 0.1, to: 0.01, steps: 20 }),
  cosineRestarts({ from: 0.1, cycle: 5, multiplier: 2 }),
  oneCycle({ max: 0.1 }),
  warmUp(5, cosine({ from: 0.1 })),
  warmUp(5, 0.1, { from: 0.2 }),
]
const values = (schedule: Schedule, steps: number, count = steps): number[] =>
  Array.from({ length: count }, (_, t) => scheduleAt(schedule, t, steps))
const expectClose = (got: readonly number[], expected: readonly number[], relative = 1e-12): void => {
  expect(got).toHaveLength(expected.length)
  const worst = got.reduce((most, value, i) => {
    const other = expected[i] as number
    return Math.max(most, value === other ? 0 : Math.abs(value - other) / Math.abs(other))
  }, 0)
  expect(worst).toBeLessThan(relative)
}

describe('values by hand', () => {
  it.each([
    ['step', step({ from: 1, every: 2, gamma: 0.5 }), [1, 1, 0.5, 0.5, 0.25, 0.25]],
    ['multiStep', multiStep({ from: 1, milestones: [1, 4], gamma: 0.25 }), [1, 0.25, 0.25, 0.25, 0.0625, 0.0625]],
    ['exponential', exponential({ from: 1, gamma: 0.5 }), [1, 0.5, 0.25, 0.125]],
    ['exponential, every 2', exponential({ from: 1, gamma: 0.25, every: 2 }), [1, 0.5, 0.25, 0.125]],
    ['polynomial', polynomial({ from: 1 }), [1, 0.75, 0.5, 0.25]],
    ['polynomial, rising', polynomial({ from: 0, to: 2 }), [0, 0.5, 1, 1.5]],
    ['polynomial, power 2', polynomial({ from: 1, to: 0, power: 2 }), [1, 0.5625, 0.25, 0.0625]],
    ['polynomial, past its end', polynomial({ from: 1, to: 0.5, steps: 2 }), [1, 0.75, 0.5, 0.5]],
    ['cosine', cosine({ from: 1 }), [1, (2 + Math.SQRT2) / 4, 0.5, (2 - Math.SQRT2) / 4]],
    ['cosine, past its end', cosine({ from: 1, to: 0.5, steps: 2 }), [1, 0.75, 0.5, 0.5]],
    ['cosineRestarts', cosineRestarts({ from: 1, cycle: 2 }), [1, 0.5, 1, 0.5, 1]],
    ['cosineRestarts, longer', cosineRestarts({ from: 1, cycle: 1, multiplier: 2 }), [1, 1, 0.5, 1]],
    // Up until step 0.5 · 6 - 1 = 2, down until step 5.
    ['oneCycle', oneCycle({ max: 1, from: 0.5, to: 0, pctStart: 0.5 }), [0.5, 0.75, 1, 0.75, 0.25, 0]],
    [
      'oneCycle, linear',
      oneCycle({ max: 1, from: 0, to: 0.25, pctStart: 0.5, anneal: 'linear' }),
      [0, 0.5, 1, 0.75, 0.5, 0.25],
    ],
    ['oneCycle, only down', oneCycle({ max: 1, to: 0.5, pctStart: 0, anneal: 'linear' }), [1, 0.75, 0.5]],
    ['oneCycle, only up', oneCycle({ max: 1, from: 0.5, pctStart: 1, anneal: 'linear' }), [0.5, 0.75, 1]],
    ['oneCycle, past its end', oneCycle({ max: 1, to: 0.5, pctStart: 0, steps: 2 }), [1, 0.5, 0.5]],
    ['oneCycle of one step', oneCycle({ max: 1 }), [1]],
    ['warmUp to a number', warmUp(3, 1), [0.25, 0.5, 0.75, 1, 1]],
    ['warmUp with from', warmUp(2, 1, { from: 0 }), [0, 0.5, 1, 1]],
    ['warmUp and the rest of the run', warmUp(1, polynomial({ from: 1 })), [0.5, 1, 0.75, 0.5, 0.25]],
    ['warmUp and steps of its own', warmUp(1, polynomial({ from: 1, steps: 2 })), [0.5, 1, 0.5, 0, 0]],
    ['a run shorter than its warm-up', warmUp(4, cosine({ from: 1 }), { from: 0 }), [0, 0.25]],
  ] as const)('%s', (_, schedule, expected) => {
    // Relative to 1, the highest: some end at 0.
    expectClose(
      values(schedule, expected.length).map((value) => 1 + value),
      expected.map((value) => 1 + value),
      1e-15,
    )
  })

  it('begin and end to the bit', () => {
    expect(scheduleAt(cosine({ from: 0.1, to: 0.003 }), 0, 7)).toBe(0.1)
    expect(scheduleAt(cosine({ from: 0.1, to: 0.003 }), 7, 7)).toBe(0.003)
    expect(values(oneCycle({ max: 0.01 }), 10).at(-1)).toBe(0.01 / 25 / 1e4)
    expect(scheduleAt(oneCycle({ max: 0.01 }), 2, 10)).toBe(0.01)
  })
})

describe('closed forms', () => {
  const { PI, cos, floor } = Math
  it.each<readonly [string, Schedule, (t: number) => number]>([
    ['step', all[0] as Schedule, (t) => 0.1 * 0.1 ** floor(t / 7)],
    ['multiStep', all[1] as Schedule, (t) => 0.1 * 0.5 ** [3, 10, 11].filter((m) => m <= t).length],
    ['exponential', all[2] as Schedule, (t) => 0.1 * 0.9 ** (t / 4)],
    ['polynomial', all[3] as Schedule, (t) => 0.01 + 0.09 * (1 - t / 40) ** 0.9],
    ['cosine', all[4] as Schedule, (t) => 0.01 + (0.09 * (1 + cos((PI * Math.min(t, 20)) / 20))) / 2],
    ['warmUp', all[7] as Schedule, (t) => (t < 5 ? (0.1 * (t + 1)) / 6 : (0.1 * (1 + cos((PI * (t - 5)) / 35))) / 2)],
  ])('%s', (_, schedule, form) => {
    expectClose(
      values(schedule, 40),
      Array.from({ length: 40 }, (_, t) => form(t)),
    )
  })

  // Printed by PyTorch 2.15: OneCycleLR(max_lr=0.01, total_steps=10), its rates and its momentums; the same with
  // max_lr=0.5, pct_start=0.25, 'linear', div_factor=10, final_div_factor=100; CosineAnnealingWarmRestarts(T_0=2,
  // T_mult=3, eta_min=0.001) from 0.1.
  it.each<readonly [string, Schedule, readonly number[]]>([
    [
      'oneCycle',
      oneCycle({ max: 0.01 }),
      [
        0.0004, 0.0052, 0.01, 0.009504846320134737, 0.008117456539497631, 0.0061126202193628925, 0.003887419780637108,
        0.00188258346050237, 0.0004951936798652628, 4e-8,
      ],
    ],
    [
      'oneCycle of a momentum',
      oneCycle({ from: 0.95, max: 0.85, to: 0.95 }),
      [
        0.95, 0.9, 0.85, 0.854951556604879, 0.8688255099070633, 0.8888739533021842, 0.9111260466978157,
        0.9311744900929366, 0.945048443395121, 0.95,
      ],
    ],
    [
      'oneCycle, linear',
      oneCycle({ max: 0.5, from: 0.05, to: 0.0005, pctStart: 0.25, anneal: 'linear' }),
      [0.05, 0.35, 0.4667, 0.4001, 0.3335, 0.2669, 0.2003, 0.1337, 0.0671, 0.0005],
    ],
    [
      'cosineRestarts',
      cosineRestarts({ from: 0.1, cycle: 2, multiplier: 3, to: 0.001 }),
      [0.1, 0.0505, 0.1, 0.09336825748732973, 0.07525, 0.0505, 0.02575, 0.007631742512670284, 0.1, 0.0992479837741043],
    ],
  ])('%s is that of PyTorch', (_, schedule, expected) => {
    expectClose(values(schedule, 10), expected)
  })

  it('power and cosineShare agree with Math', () => {
    for (let i = 0; i <= 1000; i++) {
      const x = i / 1000
      expect(Math.abs(cosineShare(x) - (1 - Math.cos(Math.PI * x)) / 2)).toBeLessThan(3e-16)
      const [base, exponent] = [0.001 + 3 * x, 40 * (1 - x)]
      expect(Math.abs(power(base, exponent) / base ** exponent - 1)).toBeLessThan(2e-14)
    }
    expect([power(0, 0), power(0, 0.5), power(0, 3), power(0.3, 1)]).toEqual([1, 0, 0, 0.3])
    expect([cosineShare(0), cosineShare(0.5), cosineShare(1)]).toEqual([0, 0.5, 1])
  })
})

describe('plain values', () => {
  it.each(all.map((schedule) => [schedule.kind, schedule] as const))('%s is one, also from JSON', (_, schedule) => {
    const parsed = JSON.parse(JSON.stringify(schedule)) as Schedule
    expect(parsed).toStrictEqual({ ...schedule })
    expect(Object.isFrozen(schedule)).toBe(true)
    expect(values(parsed, 40)).toEqual(values(schedule, 40))
  })
  it('with their defaults, so that equal schedules are equal values', () => {
    expect(oneCycle({ max: 0.5 })).toStrictEqual(oneCycle({ max: 0.5, from: 0.02, to: 0.02 / 1e4, pctStart: 0.3 }))
    expect(JSON.stringify(cosine({ from: 0.1 }))).toBe('{"kind":"cosine","from":0.1,"to":0}')
  })
  it.each(all.map((schedule) => [schedule.kind, schedule] as const))('%s stays below its highest', (_, schedule) => {
    expect(Math.max(...values(schedule, 40))).toBeLessThanOrEqual(highestOf(schedule))
  })
  it('that grow say so', () => {
    expect(highestOf(exponential({ from: 1, gamma: 2 }))).toBe(Number.MAX_VALUE)
    expect(highestOf(multiStep({ from: 1, milestones: [1, 2], gamma: 2 }))).toBe(4)
  })
})

describe('valueAt, what an optimizer asks', () => {
  const run = { step: 2, steps: 4 }
  it.each([
    ['a number', 0.5, 0.5],
    ['one that ends with the run: step 2 of 4', polynomial({ from: 1 }), 0.5],
    ['one that says its steps: step 10 of 16', polynomial({ from: 1, steps: 16 }), 0.375],
    ['one without an end: step 10', step({ from: 1, every: 5, gamma: 0.5 }), 0.25],
    ['a warm-up to one that ends with the run: step 2', warmUp(3, polynomial({ from: 1 })), 0.75],
    ['a warm-up to any other: step 10', warmUp(12, 1, { from: 0 }), 10 / 12],
  ] as const)('%s', (_, value, expected) => {
    expect(valueAt(value, 11, run)).toBeCloseTo(expected, 15)
  })
})

describe('errors', () => {
  it.each<readonly [() => unknown, string]>([
    [() => cosine({} as never), 'cosine: from is undefined, expected a finite number from 0'],
    [() => cosine({ from: -1 }), 'cosine: from is -1, expected a finite number from 0'],
    [() => cosine({ from: 1, to: Number.NaN }), 'cosine: to is NaN, expected a finite number from 0'],
    [() => cosine({ from: 1, steps: 0 }), 'cosine: steps is 0, expected a whole number from 1'],
    [() => cosine({ lr: 1 } as never), "cosine: unknown option 'lr', expected from, to, steps"],
    [() => cosine(0.1 as never), 'cosine: options is 0.1, expected an object with from, to, steps'],
    [() => polynomial({ from: 1, power: 0 }), 'polynomial: power is 0, expected a finite number above 0'],
    [() => step({ from: 1, every: 0.5 }), 'step: every is 0.5, expected a whole number from 1'],
    [() => step({ from: 1, every: 5, gamma: 0 }), 'step: gamma is 0, expected a finite number above 0'],
    [() => exponential({ from: 1 } as never), 'exponential: gamma is undefined, expected a finite number above 0'],
    [
      () => multiStep({ from: 1, milestones: 5 as never }),
      'multiStep: milestones is 5, expected a list of steps such as [1000, 2000]',
    ],
    [() => multiStep({ from: 1, milestones: [5, 5] }), 'multiStep: milestones[1] is 5, expected a whole number from 6'],
    [
      () => cosineRestarts({ from: 1, cycle: 5, multiplier: 1.5 }),
      'cosineRestarts: multiplier is 1.5, expected a whole number from 1',
    ],
    [() => oneCycle({} as never), 'oneCycle: max is undefined, expected a finite number from 0'],
    [() => oneCycle({ max: 1, pctStart: 30 }), 'oneCycle: pctStart is 30, expected a number from 0 to 1'],
    [() => oneCycle({ max: 1, anneal: 'cos' as never }), "oneCycle: anneal is \"cos\", expected 'cosine' or 'linear'"],
    [() => warmUp(0, 0.1), 'warmUp: steps is 0, expected a whole number from 1'],
    [() => warmUp(5, -0.1), 'warmUp: schedule is -0.1, expected a finite number from 0'],
    [
      () => warmUp(5, undefined as never),
      'warmUp: schedule is undefined, expected a number or a schedule such as cosine({ from: 0.1 })',
    ],
    [
      () => warmUp(5, warmUp(5, 0.1) as never),
      'warmUp: schedule is of kind "warmUp", expected step, multiStep, exponential, polynomial, cosine, ' +
        'cosineRestarts, oneCycle, plateau',
    ],
    [() => scheduleAt(all[0] as Schedule, -1), 'scheduleAt: step is -1, expected a whole number from 0'],
    [
      () => scheduleAt(oneCycle as never, 0),
      'scheduleAt: schedule is oneCycle itself, expected what it makes: oneCycle({ … })',
    ],
    [
      () => scheduleAt(warmUp as never, 0),
      'scheduleAt: schedule is warmUp itself, expected what it makes: warmUp(100, …)',
    ],
    [
      () => scheduleAt(JSON.parse('{"kind":"cosine","from":-1}') as Schedule, 0, 1),
      'cosine: from is -1, expected a finite number from 0',
    ],
    [
      () => scheduleAt(warmUp(5, oneCycle({ max: 0.1 })), 0),
      'oneCycle: steps is missing. Only fit knows how many steps a run has; elsewhere say it: ' +
        'oneCycle({ …, steps: 1000 })',
    ],
  ])('%#', (make, message) => {
    expect(failure(make)).toEqual({ code: 'ERR_ARGUMENT', message })
  })
})
