import { expect, test } from 'vitest'
import { terminalChart } from '../../src/report/terminal-chart.js'

test('a falling curve goes from the upper left to the lower right', () => {
  const lines = terminalChart({
    title: 'loss',
    series: [{ name: 'train', y: [4, 3, 2, 1] }],
    width: 24,
    height: 4,
  }).split('\n')
  expect(lines).toHaveLength(6)
  expect(lines[0]).toBe('   loss   ── train')
  expect(lines[1]).toMatch(/^4 ┤[\u2801-\u28ff]/)
  expect(lines[4]).toMatch(/^1 ┤ +[\u2801-\u28ff]+$/)
  expect(lines[5]).toBe(`   1${'4'.padStart(20)}`)
  const starts = lines.slice(1, 5).map((line) => line.slice(3).search(/[\u2801-\u28ff]/))
  expect(starts).toEqual([...starts].sort((a, b) => a - b))
})

test('two curves have their own colours, or their own dots; gaps and constants are drawn', () => {
  const series = [
    { name: 'train', y: [1, 1, 1, 1] },
    { name: 'test', y: [1, Number.NaN, 1, 2] },
  ]
  const plain = terminalChart({ title: 'loss', series, width: 30, height: 3 })
  expect(plain).not.toContain('\u001b')
  expect(plain).toContain('── train  ╌╌ test')
  const coloured = terminalChart({ title: 'loss', series, width: 30, height: 3, colors: true })
  expect(coloured).toContain('\u001b[36m')
  expect(coloured).toContain('\u001b[33m')
  expect(terminalChart({ title: 'flat', series: [{ name: 'a', y: [2, 2] }] })).toMatch(/[\u2801-\u28ff]/)
})

test('every line fits, and names cannot command the terminal', () => {
  const y = Array.from({ length: 500 }, (_, i) => Math.sin(i / 20))
  const text = terminalChart({ title: 'a\u001b[2Jb', series: [{ name: 'x\ny', y }], width: 60 })
  expect(text).not.toContain('\u001b')
  expect(text.split('\n').every((line) => line.length <= 60)).toBe(true)
  expect(text.split('\n')).toHaveLength(10)
})
