// Curves over epochs: what training says at any time, what validation says after an epoch.

import uPlot from 'uplot'
import type { EpochMessage, PointMessage } from '../messages.js'
import { byId, make } from './elements.js'

type Value = number | null | undefined

interface ChartText {
  readonly title: string
  readonly ofPoint: (point: PointMessage) => Value
  readonly ofEpoch?: (epoch: EpochMessage) => Value
}

const texts: readonly ChartText[] = [
  { title: 'Loss', ofPoint: ({ loss }) => loss, ofEpoch: ({ valLoss }) => valLoss },
  { title: 'Accuracy', ofPoint: ({ accuracy }) => accuracy, ofEpoch: ({ valAccuracy }) => valAccuracy },
  { title: 'Learning rate', ofPoint: ({ lr }) => lr },
  { title: 'Samples per second', ofPoint: ({ rate }) => rate },
]

/** Points that are drawn; of more every second one goes. */
const mostPoints = 4096
const chartHeight = 200

export class Charts {
  #charts: Chart[] = []
  #isDue = false

  constructor() {
    new ResizeObserver(() => this.#resize()).observe(byId('charts'))
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw())
  }

  clear(): void {
    for (const chart of this.#charts) chart.remove()
    this.#charts = texts.map((text) => new Chart(text))
  }

  addPoint(point: PointMessage): void {
    for (const chart of this.#charts) chart.addPoint(point)
    this.#redraw()
  }

  addEpoch(epoch: EpochMessage): void {
    for (const chart of this.#charts) chart.addEpoch(epoch)
    this.#redraw()
  }

  /** With the next picture of the screen: events come in bunches. */
  #redraw(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      for (const chart of this.#charts) chart.draw()
    })
  }

  #resize(): void {
    for (const chart of this.#charts) chart.resize()
  }
}

class Chart {
  readonly #text: ChartText
  readonly #element = make('div', '', 'chart')
  #plot: uPlot | undefined
  #at: number[] = []
  #train: Value[] = []
  #val: Value[] = []

  constructor(text: ChartText) {
    this.#text = text
    this.#element.append(make('h2', text.title))
  }

  addPoint(point: PointMessage): void {
    this.#add(point.at, this.#text.ofPoint(point), undefined)
  }

  addEpoch(epoch: EpochMessage): void {
    const value = this.#text.ofEpoch?.(epoch)
    if (value !== undefined) this.#add(epoch.at, undefined, value)
  }

  draw(): void {
    if (this.#at.length === 0) return
    this.#plot ??= this.#create()
    const val = this.#text.ofEpoch === undefined ? [] : [this.#val]
    this.#plot.setData([this.#at, this.#train, ...val])
  }

  resize(): void {
    this.#plot?.setSize({ width: this.#width, height: chartHeight })
  }

  remove(): void {
    this.#plot?.destroy()
    this.#element.remove()
  }

  #add(at: number, train: Value, val: Value): void {
    if (train === undefined && val === undefined) return
    // Training has gone back: what came after is no longer true.
    while ((this.#at.at(-1) ?? 0) > at) for (const column of this.#columns) column.pop()
    if (this.#at.at(-1) === at && val !== undefined) {
      this.#val[this.#val.length - 1] = val
      return
    }
    this.#at.push(at)
    this.#train.push(train)
    this.#val.push(val)
    if (this.#at.length > mostPoints) this.#thin()
  }

  #thin(): void {
    const isKept = (_: unknown, i: number): boolean => i % 2 === 1 || this.#val[i] !== undefined
    const [at, train, val] = [this.#at.filter(isKept), this.#train.filter(isKept), this.#val.filter(isKept)]
    this.#at = at
    this.#train = train
    this.#val = val
  }

  get #columns(): readonly Value[][] {
    return [this.#at, this.#train, this.#val]
  }

  get #width(): number {
    const { paddingLeft, paddingRight } = getComputedStyle(this.#element)
    return Math.max(200, this.#element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight))
  }

  #create(): uPlot {
    byId('charts').append(this.#element)
    const axis = {
      stroke: () => colour('--quiet'),
      grid: { stroke: () => colour('--line'), width: 1 },
      ticks: { stroke: () => colour('--line'), width: 1 },
    }
    const number = (_: uPlot, value: number | null): string => (value === null ? '–' : shortText(value))
    const series = (label: string, name: string): uPlot.Series => ({
      label,
      stroke: () => colour(name),
      width: 2,
      spanGaps: true,
      value: number,
    })
    return new uPlot(
      {
        width: this.#width,
        height: chartHeight,
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 32, label: 'epoch', labelFont: '12px system-ui, sans-serif', labelSize: 18 },
          { ...axis, size: 72, values: (_, splits) => splits.map(shortText) },
        ],
        series: [
          { label: 'epoch', value: number },
          series(this.#text.ofEpoch === undefined ? this.#text.title.toLowerCase() : 'training', '--train'),
          ...(this.#text.ofEpoch === undefined
            ? []
            : [{ ...series('validation', '--val'), points: { show: true, size: 7, fill: () => colour('--val') } }]),
        ],
      },
      [[], []],
      this.#element,
    )
  }
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name)

/** `0.0012`, `4.021e-4`, `61,000`, `1.2M`. */
function shortText(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && size < 1e-3) return value.toExponential(3)
  const notation = size >= 1e5 ? 'compact' : 'standard'
  return value.toLocaleString('en-US', { notation, maximumSignificantDigits: 4 })
}
