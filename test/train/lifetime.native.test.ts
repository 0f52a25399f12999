// Who lives how long: plans, memory, models, threads, workers, the process. The scenes are in lifetime-child.ts, each
// run in a process of its own.

import { expect, it } from 'vitest'
import { type ChildResult, runChild } from '../child.js'

const scene = (name: string, argument = '', execArgv: readonly string[] = []): Promise<ChildResult> =>
  runChild('test/train/lifetime-child.ts', [name, argument], { execArgv, seconds: 110 })
const textOf = ({ code, signal, output }: ChildResult): string => `code ${code}, signal ${signal}\n${output}`

it.concurrent.each([
  ['collection', 'plans, memory and a dropped model survive garbage collections while a job runs'],
  ['workers', 'eight workers terminated in the middle of steps disturb neither each other nor one that finishes'],
  ['fifty', 'fifty workers, ten at a time, load, train and are terminated in the middle of steps'],
  ['unload', 'the addon stays loaded when the only worker that uses it ends'],
  ['idle', 'an idle addon does not keep the process alive'],
  ['pending', 'a pending fit does'],
  ['models', '400 models of 1.6 MB, trained once and dropped, stay under 500 MB'],
  ['arenas', '400 arenas of 4 MB, dropped, stay under 500 MB'],
  ['flat', 'memory does not grow over 20,000 steps'],
])(
  '%s: %s',
  async (name) => {
    const result = await scene(name, '', ['--expose-gc'])
    expect(result.output.trimEnd().endsWith('finished') && result.code === 0, textOf(result)).toBe(true)
  },
  120_000,
)

it.concurrent('process.exit() in the middle of training ends the process, with its code, 25 times of 25', async () => {
  for (let code = 30; code < 55; code++) {
    const result = await scene('exit', String(code))
    expect(result.code, textOf(result)).toBe(code)
  }
}, 120_000)

it.concurrent('an uncaught error in the middle of training ends the process', async () => {
  const result = await scene('throw')
  expect(result.code, textOf(result)).toBe(1)
  expect(result.output).toContain('thrown while training')
}, 120_000)
