// NETWRIGHT_PROFILE=1: what a program prints of its training, evaluations and predictions.

import { expect, it } from 'vitest'
import { runChild } from '../child.js'

const profiles = async (value: string): Promise<string[]> => {
  const { code, output } = await runChild('test/train/profile-child.ts', [], { env: { NETWRIGHT_PROFILE: value } })
  expect(code, output).toBe(0)
  return output.split('\n').filter((line) => /^(Profile|total)/.test(line))
}

it('a profile of each fit with its validation, of each evaluation, and of predictions at the end', async () => {
  const title = (what: string) =>
    expect.stringMatching(`^Profile of ${what} of Sequential\\(Linear\\), \\w+, \\d+ thread`)
  const total = (steps: number) => expect.stringMatching(`^total +${steps} steps of `)
  expect(await profiles('1')).toEqual([
    title('training'),
    total(6),
    title('evaluation'),
    total(6),
    title('evaluation'),
    total(1),
    title('prediction'),
    total(1),
  ])
})

it('none where it is not asked for', async () => {
  expect(await profiles('')).toEqual([])
})
