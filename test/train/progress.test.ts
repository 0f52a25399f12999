import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import type { TrainingRun } from '../../src/train/callback.js'
import { createProgress, progressCallback } from '../../src/train/progress.js'
import { fakeStream } from '../fake-stream.js'

function run(isTTY: boolean, columns?: number): string {
  const { stream, text } = fakeStream(isTTY, columns)
  let time = 100
  const progress = createProgress({ stream, epochs: 10, samplesPerEpoch: 60_000, now: () => time })
  progress.begin(0)
  time = 101
  progress.update({ samples: 30_000, loss: 1.25, accuracy: 0.5, seconds: 0.8 })
  time = 107
  progress.end({ loss: 0.5, accuracy: 0.875, valAccuracy: 0.9375, samplesPerSecond: 123_456 })
  progress.begin(1)
  progress.update({ samples: 15_000, loss: 0.25, accuracy: 0.9, seconds: 0.1 })
  progress.stop()
  return text()
}

test('a file gets one plain line per epoch', () => {
  expect(run(false)).toBe('epoch  1/10 loss 0.5000 train 0.8750 test 0.9375 123,456 samples/s ETA 1:03\n')
})

test('a terminal gets a bar with epoch, loss, accuracies, rate and ETA, within 80 columns', () => {
  const lines = stripVTControlCharacters(run(true)).split('\n')
  expect(lines[0]).toContain(' 1/10 ████████ loss 0.5000 train 0.8750 test 0.9375 123,456 samples/s ETA 1:03')
  // The second epoch was stopped early: its bar stays where it was, with the last known test accuracy.
  expect(lines[1]).toContain(' 2/10 ██░░░░░░ loss 0.2500 train 0.9000 test 0.9375 150,000 samples/s ETA')
  expect(lines.length).toBe(3)
})

test('a narrow terminal gets fewer fields, and each of them whole', () => {
  const first = (columns: number) => stripVTControlCharacters(run(true, columns)).split('\n')[0]
  expect(first(76)).toMatch(/loss 0\.5000 train 0\.8750 test 0\.9375 ETA 1:03$/)
  expect(first(60)).toMatch(/loss 0\.5000 train 0\.8750 test 0\.9375 ETA 1:03$/)
  expect(first(50)).toMatch(/loss 0\.5000 test 0\.9375 ETA 1:03$/)
  expect(first(30)).toMatch(/loss 0\.5000$/)
})

test('a terminal is left as it was', () => {
  const text = run(true)
  const count = (sequence: string) => text.split(sequence).length - 1
  // Line wrapping off and on again.
  expect(count('\x1b[?7h')).toBe(count('\x1b[?7l'))
  expect(count('\x1b[?25l')).toBe(0)
})

test('an epoch without progress, as after a resume behind its last step, has its line', () => {
  const { stream, text } = fakeStream(false)
  const { callback } = progressCallback({ stream, epochs: 3 })
  const logs = { loss: 0.5, accuracy: 0.875, valAccuracy: 0.9375, samplesPerSecond: 1000, seconds: 2, lr: 0.1 }
  callback.onEpochEnd?.(1, logs, {} as TrainingRun)
  expect(text()).toMatch(/^epoch 2\/3 loss 0\.5000 train 0\.8750 test 0\.9375 {3}1,000 samples\/s ETA /)
})
