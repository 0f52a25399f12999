// Native code never trusts JavaScript. The attacks are in hostile-child.ts, each run in a process of its own: a crash
// would take the test runner with it. NETWRIGHT_TEST_SEED repeats a run.

import { expect, it } from 'vitest'
import { runChild } from '../child.js'

const seed = process.env.NETWRIGHT_TEST_SEED ?? String(Date.now() % 1_000_000)

it.each([
  ['plans', '24,000 damaged plans run or are refused'],
  ['exports', '30,000 calls of everything exported, with junk'],
  ['order', 'plans and locks used in wrong order, twice, on wrong memory, while a job runs'],
  ['kernels', '30,000 kernel calls with junk, overlapping, detached and shrunk tensors'],
  ['sizes', 'every size of every kernel up to 2^53 - 1, with the same answer from every backend'],
  ['races', 'everything that kernels read, changed by another thread meanwhile'],
])('survives: %s (%s)', async (attack) => {
  const result = await runChild('test/kernels/hostile-child.ts', [attack, seed])
  const report = `seed ${seed}, code ${result.code}, signal ${result.signal}\n${result.output}`
  expect(result.output.trimEnd().endsWith('survived') && result.code === 0, report).toBe(true)
})
