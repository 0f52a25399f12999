// Line charts, bars and histograms: what they show, that they are safe and repeatable, what they refuse.

import { describe, expect, test } from 'vitest'
import { barChart } from '../../src/report/bar-chart.js'
import { numberLabel } from '../../src/report/chart.js'
import { countBins, histogram } from '../../src/report/histogram.js'
import { lineChart, lineChartGrid } from '../../src/report/line-chart.js'
import { failureOf } from '../failure.js'
import { draw, harmless, hostile, textsOf } from './svg.js'

/** Values whose axes a chart must survive. */
const extremes = [
  [1e300, -1e300],
  [1e100, -1e100],
  [1e-300, 2e-300],
  [1e-30, 3e-30],
  [1, 1 + 2e-16],
  [1e-16, 1e-16 + 1e-31],
]

const axes = { title: 'Loss', xLabel: 'step', yLabel: 'loss' }
const falling = { name: 'SGD', y: [2.3, 1.1, 0.7, 0.5] }
const rising = { name: 'accuracy', x: [1, 2, 3], y: Float32Array.of(0.1, 0.5, 0.9) }
const [blue, vermillion] = [0x0072b2, 0xd55e00]

const examples = {
  lineChart: () => lineChart({ ...axes, subtitle: 'seed 1', series: [falling, rising] }),
  lineChartGrid: () =>
    lineChartGrid({ ...axes, panels: ['a', 'b', 'c', 'd'].map((name) => ({ name, series: [falling, rising] })) }),
  barChart: () =>
    barChart({ title: 'Bars', yLabel: 'y', categories: ['p', 'q'], series: [{ name: 's', values: [1, 2] }] }),
  histogram: () => histogram({ title: 'Counts', panels: [{ name: 'layer 1', values: [0, 0.1, 0.5, 1] }] }),
}

test.each(Object.entries(examples))('%s: well-formed, drawn, the same text each time', async (_, example) => {
  const svg = await example()
  expect(draw(svg).colors).toContain(0xffffff)
  expect(draw(svg).colors.size).toBeGreaterThan(5)
  expect(await example()).toBe(svg)
})

describe('lineChart', () => {
  test('shows title, subtitle, axes and legend, and each line in its colour', async () => {
    const svg = await examples.lineChart()
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['Loss', 'seed 1', 'step', 'loss', 'SGD', 'accuracy']))
    const { width, height, colors } = draw(svg)
    expect([width, height]).toEqual([720, 440])
    expect([blue, vermillion].map((color) => colors.has(color))).toEqual([true, true])
  })

  test('texts cannot leave their element', async () => {
    const series = [
      { ...falling, name: hostile },
      { ...rising, name: 'run 1' },
    ]
    const svg = await lineChart({ title: hostile, subtitle: hostile, xLabel: hostile, yLabel: hostile, series })
    expect(svg).not.toContain('<script')
    // In title and subtitle, axes, legend.
    expect(textsOf(svg).filter((text) => text === harmless)).toHaveLength(5)
    draw(svg)
  })

  test.each(['__proto__', 'constructor', 'toString'])('a text %s leaves all objects as they are', async (name) => {
    const properties = () =>
      [Object.prototype, Object, Object.prototype.toString].map((object) => Reflect.ownKeys(object))
    const before = properties()
    const labels = { title: name, subtitle: name, xLabel: name, yLabel: name }
    const lines = [
      { ...falling, name },
      { ...rising, name: 'accuracy' },
    ]
    const svg = await lineChart({ ...labels, series: lines })
    await lineChartGrid({ ...labels, panels: [{ name, series: lines }] })
    await barChart({ title: name, yLabel: name, categories: [name], series: [{ name, values: [1] }] })
    await histogram({ title: name, panels: [{ name, values: [1] }] })
    expect(properties()).toEqual(before)
    expect(textsOf(svg).filter((text) => text.replace('\u2060', '') === name)).toHaveLength(5)
  })

  test('names in the text follow from the content, so that two charts can stand in one page', async () => {
    const names = (svg: string) => new Set([...svg.matchAll(/(?:id="|url\(#)([^")]+)/g)].map(([, name]) => name))
    const one = await lineChart({ ...axes, series: [falling] })
    const other = await lineChart({ ...axes, series: [rising] })
    expect(names(one).size).toBeGreaterThan(0)
    expect([...names(one)].filter((name) => names(other).has(name))).toEqual([])
    expect(one).not.toMatch(/"zr\d|#zr\d/)
  })

  test('leaves gaps for NaN, infinity and, on a logarithmic axis, 0; a point alone gets a dot', async () => {
    const pieces = async (y: readonly number[], yLog = false) => {
      const svg = await lineChart({ ...axes, yLog, series: [{ name: 'f', y }] })
      const line = svg.match(/<path d="([^"]*)" fill="none"[^>]*stroke="#0072b2"/)?.[1]
      return line?.match(/M/g)?.length ?? 0
    }
    expect(await pieces([1, 2, 3, 4, 5, 6])).toBe(1)
    expect(await pieces([1, 2, Number.NaN, 4, 5, 6])).toBe(2)
    expect(await pieces([1, 2, Number.POSITIVE_INFINITY, 4, 5])).toBe(2)
    expect(await pieces([1, 2, 0, 4, 5], true)).toBe(2)
    const alone = await lineChart({ ...axes, series: [{ name: 'f', y: [1, 2, Number.NaN, 3] }] })
    const whole = await lineChart({ ...axes, series: [{ name: 'f', y: [1, 2, 2.5, 3] }] })
    const dots = (svg: string) => svg.match(/fill="#0072b2"/g)?.length ?? 0
    expect(dots(alone)).toBe(dots(whole) + 1)
  })

  test('draws nothing but NaN, one point, equal values, the greatest, the least and the nearest numbers', async () => {
    for (const y of [[Number.NaN, Number.NaN], [3], [3, 3, 3], [], ...extremes]) {
      for (const yLog of [false, true]) {
        const svg = await lineChart({ ...axes, yLog, series: [{ name: 'f', y }] })
        draw(svg)
        expect(svg).not.toMatch(/NaN|Infinity/)
      }
    }
  })

  test('xWhole: labels at whole numbers only, around a single point as well', async () => {
    const labels = async (count: number, xRange?: readonly [number, number]) => {
      const x = Array.from({ length: count }, (_, i) => i + 1)
      const range = xRange === undefined ? {} : { xRange }
      const series = [{ name: 'f', x, y: x.map((value) => 0.5 + 1e-3 * value) }]
      const texts = textsOf(await lineChart({ ...axes, ...range, yRange: [0.05, 0.95], xWhole: true, series }))
      return texts.map(Number).filter((value) => value === 0 || value >= 1)
    }
    expect(await labels(1)).toEqual([0, 1, 2])
    expect(await labels(2)).toEqual([1, 2])
    expect(await labels(4)).toEqual([1, 2, 3, 4])
    expect(await labels(2, [0, 3])).toEqual([0, 1, 2, 3])
    for (const count of [3, 7, 30, 500]) expect((await labels(count)).every(Number.isInteger)).toBe(true)
    expect((await failureOf(() => lineChart({ ...axes, series: [falling], xWhole: 1 as never }))).message).toBe(
      'lineChart: xWhole is 1, expected true or false',
    )
  })

  test('stays small with very many points, and keeps the greatest', async () => {
    const y = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 100))
    y[77_777] = 9
    const svg = await lineChart({ ...axes, yRange: [-1, 9], series: [{ name: 'f', y }] })
    expect(svg.length).toBeLessThan(60_000)
    const line = svg.match(/<path d="([^"]*)" fill="none"[^>]*stroke="#0072b2"/)?.[1] ?? ''
    const heights = [...line.matchAll(/[ML ]?(-?[\d.]+) (-?[\d.]+)/g)].map((match) => Number(match[2]))
    // The only point far above the others (smaller y is higher).
    const sorted = heights.sort((a, b) => a - b) as [number, number]
    expect(sorted[1] - sorted[0]).toBeGreaterThan(100)
  })

  test('an eighth line is dashed, since the colours begin again', async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `run ${i}`, y: [i, i + 1] }))
    expect(await lineChart({ ...axes, series: lines(7) })).not.toContain('stroke-dasharray')
    expect(await lineChart({ ...axes, series: lines(8) })).toContain('stroke-dasharray')
  })
})

test('lineChartGrid: named panels, one legend entry a name, none for the background', async () => {
  const contour = { name: 'contour', background: true, x: [0, 1, 0], y: [0, 1, 2] }
  const panels = ['SGD', 'Adam'].map((name) => ({ name, series: [contour, falling, rising] }))
  const texts = textsOf(await lineChartGrid({ ...axes, panels }))
  expect(texts).toEqual(expect.arrayContaining(['Adam', 'accuracy']))
  // A panel and a line are called SGD.
  expect(texts.filter((text) => text === 'SGD')).toHaveLength(2)
  expect(texts).not.toContain('contour')
})

test('barChart: every category has its name, though turned', async () => {
  const categories = Array.from({ length: 20 }, (_, i) => `layer ${i} with a long name`)
  const values = categories.map((_, i) => (i === 3 ? Number.NaN : i))
  const texts = textsOf(await barChart({ title: 'Norms', yLabel: 'norm', categories, series: [{ name: 's', values }] }))
  expect(texts).toEqual(expect.arrayContaining(categories))
  for (const values of extremes) {
    draw(await barChart({ title: '', yLabel: '', categories: ['a', 'b'], series: [{ name: 's', values }] }))
  }
})

test('histogram: counts, and how many values it leaves out', async () => {
  expect(countBins([0, 0.1, 0.5, 0.99, 1, -0.1, 1.1, Number.NaN], 4, [0, 1])).toEqual([2, 0, 1, 2])
  const panels = [{ name: 'layer 1', values: [0, 1, 2, Number.NaN, 7] }]
  expect(textsOf(await histogram({ title: 'h', panels, range: [0, 2] }))).toContain('layer 1 (2 not shown)')
  expect(textsOf(await histogram({ title: 'h', panels: [{ name: 'same', values: [3, 3] }] }))).toContain('same')
  expect(textsOf(await histogram({ title: 'h', panels: [{ name: 'none', values: [] }] }))).toContain('none')
  for (const values of extremes) draw(await histogram({ title: 'h', panels: [{ name: 'extreme', values }] }))
})

test('numbers on axes are short', () => {
  const texts = { 0: '0', 0.25: '0.25', [-1.5]: '−1.5', 12000: '12000', 250000: '2.5e5', 1e-4: '1e−4', 1e10: '1e10' }
  for (const [value, text] of Object.entries(texts)) expect(numberLabel(Number(value))).toBe(text)
  expect(numberLabel(0.1 + 0.2)).toBe('0.3')
})

const wrong: [string, () => unknown, string, RegExp][] = [
  ['no series', () => lineChart({ ...axes, series: [] }), 'ERR_ARGUMENT', /lineChart: series is \[\]/],
  [
    'no name',
    () => lineChart({ ...axes, series: [{ y: [1] } as never] }),
    'ERR_ARGUMENT',
    /series\[0\]\.name is undefined/,
  ],
  [
    'lengths',
    () => lineChart({ ...axes, series: [{ name: 'a', x: [1], y: [1, 2] }] }),
    'ERR_SHAPE',
    /series\[0\] has 1 numbers in x and 2 in y/,
  ],
  [
    'text for a number',
    () => lineChart({ ...axes, series: [{ name: 'a', y: [1, '2' as never] }] }),
    'ERR_ARGUMENT',
    /y\[1\] is "2"/,
  ],
  [
    'option',
    () => lineChart({ ...axes, series: [falling], colour: 1 } as never),
    'ERR_ARGUMENT',
    /unknown option 'colour'/,
  ],
  ['range', () => lineChart({ ...axes, series: [falling], yRange: [1, 1] }), 'ERR_ARGUMENT', /yRange is \[1, 1\]/],
  [
    'log range',
    () => lineChart({ ...axes, series: [falling], yLog: true, yRange: [0, 1] }),
    'ERR_ARGUMENT',
    /yRange is \[0, 1\], expected more than 0/,
  ],
  ['width', () => lineChart({ ...axes, series: [falling], width: 20 }), 'ERR_ARGUMENT', /20 × 440 pixels are too few/],
  ['width', () => lineChart({ ...axes, series: [falling], width: 1.5 }), 'ERR_ARGUMENT', /width is 1.5/],
  ['panels', () => lineChartGrid({ ...axes, panels: undefined as never }), 'ERR_ARGUMENT', /panels is undefined/],
  [
    'columns',
    () => histogram({ title: 'h', columns: 0, panels: [{ name: 'a', values: [1] }] }),
    'ERR_ARGUMENT',
    /columns is 0/,
  ],
  ['bins', () => histogram({ title: 'h', bins: 0, panels: [{ name: 'a', values: [1] }] }), 'ERR_ARGUMENT', /bins is 0/],
  [
    'span',
    () => histogram({ title: 'h', range: [1, 1], panels: [{ name: 'a', values: [1] }] }),
    'ERR_ARGUMENT',
    /range is \[1, 1\]/,
  ],
  [
    'short range',
    () => lineChart({ ...axes, series: [falling], yRange: [0, 1e-19] }),
    'ERR_ARGUMENT',
    /expected ±1e100 at most and 1e-18 apart/,
  ],
  [
    'values',
    () => barChart({ title: 'b', yLabel: 'y', categories: ['p'], series: [{ name: 's', values: [1, 2] }] }),
    'ERR_SHAPE',
    /series\[0\] has 2 values, expected one for each of 1/,
  ],
]
test.each(wrong)('refuses a wrong %s', async (_, action, code, message) => {
  const failure = await failureOf(action)
  expect(failure.code).toBe(code)
  expect(failure.message).toMatch(message)
})
