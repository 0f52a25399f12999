// Names from data on a terminal: what they are, but never what they tell a terminal to do.
import { expect, test } from 'vitest'
import { LoadingBar } from '../../src/cli/loading-bar.js'
import { type FormatName, formatter } from '../../src/cli/predict/formats.js'
import { fakeStream } from '../fake-stream.js'

const evil = '\u001b[2J\u009b31m\u202ename'
const harmless = '\ufffd[2J\ufffd31m\ufffdname'
const prediction = {
  place: { file: evil },
  answer: { guesses: [{ class: evil, label: 0, probability: 1 }] },
}
const columns = { top: 1, values: [], classifies: true }

test.each<FormatName>(['csv', 'json', 'table'])('predictions as %s', (name) => {
  const text = formatter(name, columns, true)([prediction])
  expect(text).toContain('31m\ufffdname')
  for (const sign of ['\u001b', '\u009b', '\u202e']) expect(text).not.toContain(sign)
})

test('pipes and files get CSV as it is', () => {
  const [, line] = formatter('csv', columns, false)([prediction]).split('\n')
  expect(line).toBe(`${evil},,${evil},0,1`)
})

test('what is loaded, and names that look like a field of the bar', () => {
  const { stream, text } = fakeStream(true)
  const bar = new LoadingBar('images', stream)
  bar.show(`${evil}{total}`, 1, 2)
  bar.stop()
  expect(text()).toContain(`${harmless}{total} `)
  expect(text()).toContain('50% of 2 images')
})
