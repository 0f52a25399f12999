// One epoch of a convolutional network with dropout and batch normalisation: the same bits by every way.

import { expect, it } from 'vitest'
import { runChild } from '../child.js'

it('1, 2 and 4 threads, long jobs, single steps and the loop by hand give the same hash', async () => {
  const ways = [
    ['jobs', '1'],
    ['jobs', '2'],
    ['jobs', '4'],
    ['steps', '2'],
    ['hand', '1'],
  ]
  const outputs: string[] = []
  for (const args of ways) outputs.push((await runChild('test/train/same-bits-child.ts', args)).output.trim())
  expect(outputs[0]).toMatch(/^\w+ [0-9a-f]{64}$/)
  expect(new Set(outputs).size, outputs.join('\n')).toBe(1)
}, 60_000)
