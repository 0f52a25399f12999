// Row 93 of the notes: random search for hyper-parameters, with the narrowing that the book does by hand.

import { describe, expect, it } from 'vitest'
import { Random } from '../../src/random/random.js'
import { randomSearch } from '../../src/search/random-search.js'
import { choice, logUniform, uniformIn } from '../../src/search/space.js'
import { failureOf } from '../failure.js'

const loosely = (value: unknown): never => value as never
const draws = <T>(space: { draw(random: Random): T }, count: number): T[] => {
  const random = new Random(1)
  return Array.from({ length: count }, () => space.draw(random))
}

describe('spaces', () => {
  it('logUniform draws each power of ten as often', () => {
    const values = draws(logUniform(1e-6, 1e-2), 4000)
    expect(values.every((value) => value >= 1e-6 && value <= 1e-2)).toBe(true)
    for (const power of [-6, -5, -4, -3]) {
      const share = values.filter((value) => value >= 10 ** power && value < 10 ** (power + 1)).length / values.length
      // A quarter, with a standard deviation of 0.7 %.
      expect(Math.abs(share - 0.25), `from 1e${power}`).toBeLessThan(0.03)
    }
    expect(values.every((value) => value === Number(value.toPrecision(6)))).toBe(true)
  })
  it('uniformIn and choice draw evenly', () => {
    const values = draws(uniformIn(-1, 3), 4000)
    expect(values.every((value) => value >= -1 && value < 3)).toBe(true)
    // Of mean 1; 4 / √12 / √4000 = 0.018 is the mean's standard deviation.
    expect(Math.abs(values.reduce((a, b) => a + b) / values.length - 1)).toBeLessThan(0.08)
    const picks = draws(choice(['a', 'b', null]), 3000)
    for (const value of ['a', 'b', null] as const) {
      expect(Math.abs(picks.filter((pick) => pick === value).length / 3000 - 1 / 3)).toBeLessThan(0.04)
    }
  })
  it('narrow to the span of the best, a tenth of the width wider, and never beyond', () => {
    expect(String(logUniform(1e-6, 1e-2).narrow([1e-4, 1e-3]))).toBe('3.981e-5 … 0.002512 (log)')
    expect(String(logUniform(1e-6, 1e-2).narrow([1e-6, 1e-2]))).toBe('1e-6 … 0.01 (log)')
    expect(String(uniformIn(0, 10).narrow([4, 6, 5]))).toBe('3 … 7')
    expect(String(uniformIn(0, 10).narrow([0.5]))).toBe('0 … 1.5')
    expect(String(choice([10, 50, 100]).narrow([100, 10, 100]))).toBe('10 | 100')
    expect(draws(logUniform(0.3, 0.3), 2)).toEqual([0.3, 0.3])
  })
  it('refuse empty ranges and lists', async () => {
    for (const make of [() => logUniform(0, 1), () => logUniform(1, 0.1), () => uniformIn(2, 1), () => choice([])]) {
      expect((await failureOf(make)).code).toBe('ERR_ARGUMENT')
    }
    expect((await failureOf(() => logUniform(1, 0.1))).message).toBe(
      'logUniform: high is 0.1, expected a finite number from low = 1',
    )
  })
})

describe('randomSearch (row 93)', () => {
  const space = { lr: logUniform(1e-6, 1e-2), hidden: choice([10, 50, 100]) }
  /** Best at lr = 1e-3 with 50. */
  const objective = ({ lr, hidden }: { lr: number; hidden: number }): number =>
    -Math.abs(Math.log10(lr) + 3) - (hidden === 50 ? 0 : 1)

  it('sorts its trials, and draws the same with the same seed', async () => {
    const search = () => randomSearch({ space, trials: 20, seed: 5, objective })
    const result = await search()
    expect([result.trials.length, result.rounds.length, result.stopped]).toEqual([20, 1, false])
    expect(result.best).toBe(result.trials[0])
    for (const { score, params } of result.trials) expect(score).toBe(objective(params))
    const scores = result.trials.map(({ score }) => score)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(new Set(result.trials.map(({ seed }) => seed)).size).toBe(20)
    const rest = ({ trials }: typeof result) => trials.map(({ seconds: _, ...trial }) => trial)
    expect(rest(await search())).toEqual(rest(result))
    const other = await randomSearch({ space, trials: 20, seed: 6, objective })
    expect(rest(other)).not.toEqual(rest(result))
  })
  it('draws a hyper-parameter without regard to the others', async () => {
    const lrs = async (spaces: Record<string, ReturnType<typeof uniformIn>>) =>
      (await randomSearch({ space: spaces, trials: 4, objective: () => 0 })).trials.map(({ params }) => params.lr)
    expect(await lrs({ momentum: uniformIn(0, 1), lr: uniformIn(0, 1) })).toEqual(await lrs({ lr: uniformIn(0, 1) }))
  })
  it('narrows from round to round', async () => {
    const result = await randomSearch({ space, trials: 20, rounds: 3, seed: 1, objective: async (p) => objective(p) })
    expect([result.trials.length, result.rounds.length]).toEqual([60, 3])
    const rates = (round: number) => result.trials.filter((t) => t.round === round).map((t) => Math.log10(t.params.lr))
    const width = (round: number) => Math.max(...rates(round)) - Math.min(...rates(round))
    expect([width(1) > 3, width(2) < 0.6 * width(1), width(3) < width(2)]).toEqual([true, true, true])
    expect(String(result.rounds[2]?.hidden)).toBe('50')
    expect(Math.abs(Math.log10(result.best.params.lr) + 3)).toBeLessThan(0.1)
  })
  it('minimises on demand', async () => {
    const { best, trials } = await randomSearch({
      space: { x: uniformIn(-1, 1) },
      trials: 30,
      maximize: false,
      objective: ({ x }) => ({ score: x * x, note: 'mine' }),
    })
    expect(best.score).toBe(Math.min(...trials.map(({ score }) => score)))
    expect(best.outcome).toEqual({ score: best.params.x ** 2, note: 'mine' })
  })
  it('goes on after trials that fail, and puts them last', async () => {
    const told: [number, number | undefined, number][] = []
    const result = await randomSearch({
      space: { x: uniformIn(0, 1) },
      trials: 5,
      rounds: 2,
      objective: ({ x }, { trial }) => {
        if (trial === 2) throw new Error('out of memory\nand more')
        return trial === 4 ? Number.NaN : trial === 5 ? loosely('high') : x
      },
      onTrial: ({ trial }, { best, total }) => told.push([trial, best?.score, total]),
    })
    expect(result.trials.slice(7).map(({ trial }) => trial)).toEqual([2, 4, 5])
    expect(result.trials.slice(7).map(({ error }) => (error as Error).message)).toEqual([
      'out of memory\nand more',
      'randomSearch: trial 4 gave the score NaN, expected a finite number or { score }',
      'randomSearch: trial 5 gave the score "high", expected a finite number or { score }',
    ])
    expect(told.map(([trial]) => trial)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(told.at(-1)).toEqual([10, result.best.score, 10])
  })
  it('says so when all trials failed, and leaves the spaces as they were', async () => {
    const fail = () => {
      throw new TypeError('mine')
    }
    const result = await randomSearch({ space, trials: 2, rounds: 2, objective: fail })
    expect(result.rounds[1]).toBe(result.rounds[0])
    const { code, message } = await failureOf(() => result.best)
    expect([code, message]).toEqual([
      'ERR_STATE',
      'randomSearch: there is no best trial: all failed, the first with: mine',
    ])
  })
  it('stops at its signal, without the trial that was cut short', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const result = await randomSearch({
      space,
      trials: 10,
      signal,
      objective: (_, context) => {
        expect(context.signal).toBe(signal)
        if (context.trial === 3) controller.abort()
        return context.trial
      },
    })
    expect([result.stopped, result.trials.map(({ trial }) => trial)]).toEqual([true, [2, 1]])
    const none = await randomSearch({ space, trials: 10, signal, objective: () => 0 })
    expect([none.stopped, none.trials.length]).toEqual([true, 0])
    expect((await failureOf(() => none.best)).message).toMatch(/no trial was finished/)
  })
  it('prints a table', async () => {
    const result = await randomSearch({
      space: { x: choice([0.123456789]), activation: choice(['relu']) },
      trials: 2,
      objective: (_, { trial }) => {
        if (trial === 1) throw new Error('diverged')
        return 0.98765
      },
    })
    expect(result.toTable()).toBe(
      [
        'trial  round  score   x       activation',
        '2      1      0.9877  0.1235  relu',
        '1      1      failed  0.1235  relu        diverged',
      ].join('\n'),
    )
    expect(result.toTable(1).split('\n').length).toBe(2)
  })
  it('refuses options out of range', async () => {
    const good = { space, trials: 1, objective }
    for (const [wrong, message] of [
      [{ space: {} }, /space is an Object, expected an object such as/],
      [{ space: { lr: 0.1 } }, /space\.lr is 0\.1, expected logUniform/],
      [{ trials: 0 }, /trials is 0/],
      [{ rounds: 1.5 }, /rounds is 1\.5/],
      [{ keep: 0 }, /keep is 0, expected a share/],
      [{ seed: -1 }, /seed is -1/],
      [{ objective: 1 }, /objective is 1/],
      [{ signal: {} }, /signal is an Object, expected an AbortSignal/],
      [{ maximise: true }, /unknown option 'maximise'/],
    ] as const) {
      const failure = await failureOf(() => randomSearch(loosely({ ...good, ...wrong })))
      expect(failure).toEqual({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
    }
  })
})
