// A replayed step allocates nothing in JavaScript. That it allocates nothing in C++ is counted by native/test/plan-test.

import { expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { native } from '../../src/kernels/native/index.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { Sequential } from '../../src/sequential.js'
import { toyData } from '../model/toy-graph.js'
import { trainingPlan } from './training-plan.js'

it('10,000 steps leave the heap as it was', () => {
  const { x, y } = toyData(4000, 12, 4)
  const model = new Sequential([new Linear(12, 8), new ReLU(), new Linear(4)], { backend: native({ threads: 1 }) })
  const { plan, table, steps } = trainingPlan(model, new Dataset(x, y), 4)
  const run = (): void => {
    expect(plan.runSync(table, steps).step).toBe(1000)
  }
  run()
  // Without a collection in between the heap only grows: by what ten jobs allocate, were a step to allocate anything
  // it would be 10,000 times that.
  const growth = Array.from({ length: 3 }, () => {
    const before = process.memoryUsage().heapUsed
    for (let job = 0; job < 10; job++) run()
    return process.memoryUsage().heapUsed - before
  })
  expect(Math.min(...growth.map(Math.abs))).toBeLessThan(160_000)
})
