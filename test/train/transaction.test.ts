// A step is a transaction: stopped or failed anywhere, it leaves the model as the last whole step left it.

import { describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import type { Backend } from '../../src/kernels/backend.js'
import { trainingBackends, weightBits } from '../model/models.js'
import { toyData, toyModel } from '../model/toy-graph.js'
import { trainingPlan } from './training-plan.js'

const { x, y } = toyData(20)
const batchSize = 8 // steps of 8, 8 and 4 rows

/** The weights after 0, 1, 2, 3 whole steps. */
function statesAfterSteps(backend: Backend): string[] {
  return [0, 1, 2, 3].map((count) => {
    const model = toyModel({ seed: 2, backend })
    const { plan, table } = trainingPlan(model, new Dataset(x, y), batchSize)
    expect(plan.runSync(table, count)).toMatchObject({ outcome: 'done', step: count })
    return weightBits(model)
  })
}

describe.each(trainingBackends())('%s', (_, backend) => {
  it('stops after any number of chunks with the model at its last whole step', async () => {
    const states = statesAfterSteps(backend)
    expect(new Set(states).size).toBe(4)
    const model = toyModel({ seed: 2, backend })
    const { plan, table, steps } = trainingPlan(model, new Dataset(x, y), batchSize)
    const { chunks } = plan.runSync(table, steps)
    expect(chunks).toBeGreaterThan(30)
    const seen = new Set<number>()
    // A step commits only while there is budget left, so the last one takes one more than its chunks.
    for (let budget = 0; budget <= chunks + 1; budget++) {
      const stopped = toyModel({ seed: 2, backend })
      const fresh = trainingPlan(stopped, new Dataset(x, y), batchSize)
      const run =
        budget % 2 === 0 ? fresh.plan.runSync(table, steps, budget) : await fresh.plan.run(table, steps, budget)
      expect(run.outcome).toBe(budget > chunks ? 'done' : 'stopped')
      expect(run.chunks).toBe(Math.min(budget, chunks))
      expect(weightBits(stopped)).toBe(states[run.step])
      seen.add(run.step)
    }
    expect([...seen]).toEqual([0, 1, 2, 3])
  })

  it('job length and stopping in between change no bit', () => {
    const states = statesAfterSteps(backend)
    const model = toyModel({ seed: 2, backend })
    const { plan, table, steps } = trainingPlan(model, new Dataset(x, y), batchSize)
    const width = plan.program.columns.length
    for (let step = 0; step < steps; step++) {
      const row = table.subarray(step * width, (step + 1) * width)
      expect(plan.runSync(row, 1, 5).outcome).toBe('stopped')
      expect(plan.runSync(row, 1).outcome).toBe('done')
    }
    expect(weightBits(model)).toBe(states[3])
  })

  it('fails in the step with the bad label, names it, and keeps the steps before it', async () => {
    const states = statesAfterSteps(backend)
    const model = toyModel({ seed: 2, backend })
    const dataset = new Dataset(x, y)
    const { plan, table, steps } = trainingPlan(model, dataset, batchSize)
    dataset.y.data[13] = 3 // in step 1 (counted from 0), row 5
    const result = await plan.run(table, steps)
    expect(result).toMatchObject({ outcome: 'failed', step: 1, code: 1, row: 5, value: 3 })
    expect(result.failedCall).toMatchObject({ kernel: 'softmaxCrossEntropyForward' })
    expect(result.message).toBe('softmaxCrossEntropyForward: labels[5] is 3, expected an integer from 0 below 3')
    expect(weightBits(model)).toBe(states[1])
  })

  it('fails where the loss is not finite', () => {
    const states = statesAfterSteps(backend)
    const model = toyModel({ seed: 2, backend })
    const dataset = new Dataset(x, y)
    const { plan, table, steps } = trainingPlan(model, dataset, batchSize)
    dataset.x.data[18 * 6] = Number.NaN // step 2, row 2
    const result = plan.runSync(table, steps)
    expect(result).toMatchObject({ outcome: 'failed', step: 2, row: 2, value: Number.NaN })
    expect(result.failedCall).toMatchObject({ kernel: 'checkFinite', owner: 'crossEntropy' })
    expect(weightBits(model)).toBe(states[2])
  })

  it('refuses a step table that leads out of the data, before anything runs', () => {
    const model = toyModel({ seed: 2, backend })
    const before = weightBits(model)
    const { plan, table } = trainingPlan(model, new Dataset(x, y), batchSize)
    const broken = table.slice()
    broken[plan.program.columns.indexOf('cursor')] = 13
    expect(() => plan.runSync(broken, 1)).toThrow('cursor + rows <= length is false (cursor=13, rows=8, length=20)')
    broken.set(table)
    broken[0] = 9 // more rows than the plan has memory for
    expect(() => plan.runSync(broken, 1)).toThrow(/rows is 9, this plan has room for 8/)
    expect(weightBits(model)).toBe(before)
  })

  it('the same plan runs on other parameters: a slot is bound, not built in', () => {
    const model = toyModel({ seed: 2, backend })
    const dataset = new Dataset(x, y)
    const { plan, table, losses } = trainingPlan(model, dataset, batchSize)
    const { store } = model.seal([dataset.sampleShape])
    const other = store.makeState(1)[0] as typeof store.values
    const before = weightBits(model)
    plan.bind({ ...plan.slots, parameters: other })
    plan.runSync(table, 1)
    expect(weightBits(model)).toBe(before)
    // All parameters zero: every class is equally likely.
    expect(losses[0]).toBeCloseTo(Math.log(3), 6)
  })
})
