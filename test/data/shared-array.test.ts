import { expect, test } from 'vitest'
import { isShared, sharedArray } from '../../src/data/shared-array.js'

test('zeros of each type in shared memory', () => {
  for (const element of ['float32', 'float64', 'int32', 'uint8'] as const) {
    const array = sharedArray(element, 100_000)
    expect([array.length, isShared(array), array.every((value: number) => value === 0)]).toEqual([100_000, true, true])
  }
  expect(isShared(new Float32Array(1))).toBe(false)
})

test('dropped arrays are collected before they fill the memory', async () => {
  const before = process.memoryUsage().rss
  let most = 0
  for (let i = 0; i < 60; i++) {
    sharedArray('uint8', 20_000_000).fill(1)
    most = Math.max(most, process.memoryUsage().rss - before)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  // All of them together have 1200 MB.
  expect(most).toBeLessThan(500e6)
})
