// The field to draw on, and what the model takes the drawing for: asked for while one draws, and as the model learns.

import type { Prediction } from '../messages.js'
import { fitDigit, type Grey } from './digit.js'
import { byId, make, paint, percent } from './elements.js'
import { post } from './server.js'

/** Of a field of 280: MNIST's strokes are about 2.5 of 28 pixels wide. */
const penWidth = 24
/** Steps of the arrow keys. */
const keyStep = 7
/** Between two questions about the same drawing. */
const askMilliseconds = 250

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export class DrawField {
  readonly #canvas = byId<HTMLCanvasElement>('canvas')
  readonly #context: CanvasRenderingContext2D
  #size: { readonly height: number; readonly width: number } | undefined
  #pointer: number | undefined
  #at = { x: 140, y: 140 }
  #keyPenDown = false
  #isAsking = false
  #isChanged = false
  #lastAsked = 0

  constructor() {
    const context = this.#canvas.getContext('2d', { willReadFrequently: true })
    if (context === null) throw new Error('this browser has no canvas')
    this.#context = context
    this.#canvas.addEventListener('pointerdown', (event) => this.#onDown(event))
    this.#canvas.addEventListener('pointermove', (event) => this.#onMove(event))
    for (const name of ['pointerup', 'pointercancel'] as const) {
      this.#canvas.addEventListener(name, () => {
        this.#pointer = undefined
      })
    }
    this.#canvas.addEventListener('keydown', (event) => this.#onKey(event))
    byId('clear').addEventListener('click', () => this.#clear())
  }

  /** Shows the field for pictures of this size, or hides it. */
  begin(size: { readonly height: number; readonly width: number } | undefined): void {
    this.#size = size
    byId('drawing').hidden = size === undefined
  }

  /** Asks no more: nobody would answer. */
  end(): void {
    this.#size = undefined
  }

  /** The model has learned: the same drawing may be something else now. */
  onLearned(): void {
    if (performance.now() - this.#lastAsked > askMilliseconds) void this.#ask()
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#pointer = event.pointerId
    this.#canvas.setPointerCapture(event.pointerId)
    this.#at = this.#placeOf(event)
    this.#lineTo(this.#at)
  }

  #onMove(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return
    for (const part of event.getCoalescedEvents?.() ?? [event]) this.#lineTo(this.#placeOf(part))
    this.#lineTo(this.#placeOf(event))
  }

  #onKey(event: KeyboardEvent): void {
    const arrow = arrows[event.key]
    if (event.key === ' ') this.#keyPenDown = !this.#keyPenDown
    else if (event.key === 'Delete' || event.key === 'Backspace') this.#clear()
    else if (arrow === undefined) return
    event.preventDefault()
    const { width, height } = this.#canvas
    const [dx, dy] = arrow ?? [0, 0]
    const to = {
      x: Math.min(width, Math.max(0, this.#at.x + dx * keyStep)),
      y: Math.min(height, Math.max(0, this.#at.y + dy * keyStep)),
    }
    if (this.#keyPenDown) this.#lineTo(to)
    else this.#at = to
  }

  #placeOf({ clientX, clientY }: MouseEvent): { readonly x: number; readonly y: number } {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect()
    return { x: ((clientX - left) / width) * this.#canvas.width, y: ((clientY - top) / height) * this.#canvas.height }
  }

  #lineTo(to: { readonly x: number; readonly y: number }): void {
    const context = this.#context
    context.lineWidth = penWidth
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.beginPath()
    context.moveTo(this.#at.x, this.#at.y)
    context.lineTo(to.x, to.y)
    context.stroke()
    this.#at = to
    void this.#ask()
  }

  #clear(): void {
    const { width, height } = this.#canvas
    this.#context.clearRect(0, 0, width, height)
    this.#keyPenDown = false
    byId('answer').textContent = ''
    byId('bars').replaceChildren()
    const seen = byId<HTMLCanvasElement>('seen')
    seen.getContext('2d')?.clearRect(0, 0, seen.width, seen.height)
  }

  /** The ink, whatever its colour. */
  #drawing(): Grey {
    const { width, height } = this.#canvas
    const { data } = this.#context.getImageData(0, 0, width, height)
    const pixels = new Uint8Array(width * height)
    for (let i = 0; i < pixels.length; i++) pixels[i] = data[4 * i + 3] as number
    return { width, height, pixels }
  }

  /** One question at a time; where the drawing changes meanwhile, another one follows. */
  async #ask(): Promise<void> {
    this.#isChanged = true
    if (this.#isAsking) return
    this.#isAsking = true
    while (this.#isChanged) {
      this.#isChanged = false
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const digit = this.#size && fitDigit(this.#drawing(), this.#size.height, this.#size.width)
      if (digit === undefined) break
      this.#lastAsked = performance.now()
      paint(byId<HTMLCanvasElement>('seen'), digit.width, digit.height, 1, digit.pixels)
      const answer = await post<Prediction>('/predict', { pixels: [...digit.pixels] })
      if (answer !== undefined) show(answer)
    }
    this.#isAsking = false
  }
}

function show(prediction: Prediction): void {
  if (prediction.kind === 'values') {
    byId('answer').textContent = prediction.text
    return
  }
  const { classes } = prediction
  const best = classes.reduce((a, b) => (b.probability > a.probability ? b : a))
  byId('answer').replaceChildren('It is ', make('bdi', best.name), `, with ${percent(best.probability)}`)
  // Of many classes the likeliest.
  const shown = classes.length <= 12 ? classes : [...classes].sort((a, b) => b.probability - a.probability).slice(0, 12)
  const bars = shown.map((one) => {
    const bar = make('li', '', one === best ? 'best' : '')
    const meter = make('meter')
    meter.value = one.probability
    meter.setAttribute('aria-label', one.name)
    bar.append(make('span', one.name, 'name'), meter, make('span', percent(one.probability), 'share'))
    return bar
  })
  byId('bars').replaceChildren(...bars)
}
