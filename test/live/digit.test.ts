// Drawings as MNIST has its digits.

import { expect, test } from 'vitest'
import { fitDigit, type Grey } from '../../src/live/page/digit.js'

/** A field of 280 × 280 with boxes of ink: left, top, width, height. */
function drawing(...boxes: readonly (readonly [number, number, number, number])[]): Grey {
  const pixels = new Uint8Array(280 * 280)
  for (const [left, top, width, height] of boxes) {
    for (let row = top; row < top + height; row++) pixels.fill(255, row * 280 + left, row * 280 + left + width)
  }
  return { width: 280, height: 280, pixels }
}

function boxAndMass({ width, pixels }: Grey) {
  const inked = [...pixels].flatMap((value, i) =>
    value > 0 ? [{ x: i % width, y: Math.floor(i / width), value }] : [],
  )
  const mass = inked.reduce((sum, { value }) => sum + value, 0)
  const mean = (of: (point: { x: number; y: number }) => number) =>
    inked.reduce((sum, point) => sum + point.value * (of(point) + 0.5), 0) / mass
  const [xs, ys] = [inked.map(({ x }) => x), inked.map(({ y }) => y)]
  return {
    width: Math.max(...xs) - Math.min(...xs) + 1,
    height: Math.max(...ys) - Math.min(...ys) + 1,
    x: mean(({ x }) => x),
    y: mean(({ y }) => y),
  }
}

test('the longer side takes 20 of 28 pixels, whatever was drawn and where', () => {
  for (const [left, top, width, height] of [
    [10, 20, 60, 200],
    [200, 5, 20, 40],
    [0, 0, 280, 140],
  ] as const) {
    const digit = fitDigit(drawing([left, top, width, height]), 28, 28) as Grey
    const { x, y, ...box } = boxAndMass(digit)
    expect(Math.max(box.width, box.height)).toBe(20)
    const ratio = Math.min(width, height) / Math.max(width, height)
    expect(Math.abs(Math.min(box.width, box.height) - 20 * ratio)).toBeLessThan(2)
    expect([x, y]).toEqual([expect.closeTo(14, 1), expect.closeTo(14, 1)])
  }
})

test('the centre of mass is in the middle, as far as the box stays inside', () => {
  // An L: its mass is at the left and below.
  const { x, y, height } = boxAndMass(fitDigit(drawing([50, 50, 20, 180], [50, 210, 90, 20]), 28, 28) as Grey)
  expect([x, y]).toEqual([expect.closeTo(14, 1), expect.closeTo(14, 1)])
  // 20 pixels that begin within one.
  expect(height).toBe(21)
  // All mass at one end of a hair that may not be cut off.
  const far = fitDigit(drawing([0, 130, 20, 40], [20, 149, 260, 1]), 28, 28) as Grey
  expect(boxAndMass(far).width).toBe(20)
})

test('edges are antialiased, insides full, nothing is nothing, other sizes as well', () => {
  const digit = fitDigit(drawing([40, 40, 33, 190]), 28, 28) as Grey
  const values = new Set(digit.pixels)
  expect(values.has(0) && values.has(255)).toBe(true)
  expect([...values].some((value) => value > 0 && value < 255)).toBe(true)
  expect(fitDigit(drawing(), 28, 28)).toBeUndefined()
  expect(boxAndMass(fitDigit(drawing([40, 40, 200, 200]), 56, 64) as Grey).height).toBe(40)
})
