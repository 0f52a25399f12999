// augment(): what becomes of samples, by hand; the kernels' own tests are in test/kernels.

import { describe, expect, it } from 'vitest'
import { Preprocessing } from '../../src/data/preprocessing.js'
import { Augmentation, augment } from '../../src/model/augment.js'
import { type AugmentOptions, type AugmentSettings, augmentSettings } from '../../src/model/augment-options.js'
import { mixUpShares } from '../../src/model/mix-up-shares.js'
import { tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'

/** Images (count, channels, height, width) whose pixels all differ. */
function images(count: number, channels: number, height: number, width: number): Tensor {
  const size = count * channels * height * width
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => 1 + i),
    [count, channels, height, width],
  )
}
const many = 4000
/** One bright pixel in the middle of 15 by 15, many times. */
const dots = new Tensor(
  Float32Array.from({ length: many * 225 }, (_, i) => (i % 225 === 112 ? 1 : 0)),
  [many, 1, 15, 15],
)
const image = (x: Tensor, i: number): number[] => {
  const size = x.size / (x.shape[0] as number)
  return Array.from(x.data.subarray(i * size, (i + 1) * size))
}
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
/** How often each number occurs. */
const counts = (values: readonly number[]): Record<string, number> => {
  const all: Record<string, number> = {}
  for (const value of values) all[value] = (all[value] ?? 0) + 1
  return all
}
/** Where all that is bright of an image is. */
function centre(x: Tensor, i: number): { readonly x: number; readonly y: number } {
  const pixels = image(x, i)
  const width = x.shape[3] as number
  const sum = pixels.reduce((total, value) => total + value, 0)
  const moment = (place: (at: number) => number): number =>
    pixels.reduce((total, value, at) => total + value * place(at), 0) / sum
  return { x: moment((at) => at % width), y: moment((at) => Math.floor(at / width)) }
}

describe('exactly', () => {
  it('nothing asked for is nothing changed, in a copy', () => {
    const x = images(3, 2, 4, 5)
    for (const options of [{}, { shift: 0, rotate: 0, zoom: 0, noise: 0, mixUp: 0, fill: 3 }]) {
      const y = augment(x, options)
      expect(y).not.toBe(x)
      expect(Array.from(y.data)).toEqual(Array.from(x.data))
    }
  })

  it('a flip mirrors half of the images, or leaves them as they are', () => {
    const x = images(400, 2, 3, 5)
    const lines = (pixels: readonly number[]): number[][] =>
      Array.from({ length: 6 }, (_, i) => pixels.slice(5 * i, 5 * i + 5))
    const leftRight = (pixels: readonly number[]) => lines(pixels).flatMap((line) => line.reverse())
    const upsideDown = (pixels: readonly number[]) => [2, 1, 0, 5, 4, 3].flatMap((i) => lines(pixels)[i] as number[])
    const ways: Record<string, readonly ((pixels: readonly number[]) => number[])[]> = {
      horizontal: [(pixels) => [...pixels], leftRight],
      vertical: [(pixels) => [...pixels], upsideDown],
      both: [(pixels) => [...pixels], leftRight, upsideDown, (pixels) => leftRight(upsideDown(pixels))],
    }
    for (const [flip, results] of Object.entries(ways)) {
      const y = augment(x, { flip: flip as 'both' })
      const found = Array.from({ length: 400 }, (_, i) => {
        const text = image(y, i).join()
        return results.findIndex((way) => way(image(x, i)).join() === text)
      })
      const seen = counts(found)
      expect(Object.keys(seen)).toEqual(results.map((_, i) => String(i)))
      // 6 standard deviations.
      for (const count of Object.values(seen)) expect(Math.abs(count - 400 / results.length)).toBeLessThan(60)
    }
  })

  it('shift and crop move by whole pixels, with fill behind', () => {
    const x = images(500, 2, 6, 7)
    for (const name of ['shift', 'crop'] as const) {
      const y = augment(x, { [name]: 2, fill: -1 })
      const moves = Array.from({ length: 500 }, (_, i) => {
        const [before, after] = [image(x, i), image(y, i)]
        const at = after.findIndex((value) => value !== -1)
        const from = before.indexOf(after[at] as number)
        const [right, down] = [(at % 7) - (from % 7), Math.floor(at / 7) - Math.floor(from / 7)]
        const expected = before.map((_, place) => {
          const [plane, row, column] = [Math.floor(place / 42), Math.floor(place / 7) % 6, place % 7]
          const [line, left] = [row - down, column - right]
          return line >= 0 && line < 6 && left >= 0 && left < 7 ? before[plane * 42 + line * 7 + left] : -1
        })
        expect(after).toEqual(expected)
        return { right, down }
      })
      for (const axis of ['right', 'down'] as const) {
        const seen = counts(moves.map((move) => move[axis]))
        expect(
          Object.keys(seen)
            .map(Number)
            .sort((a, b) => a - b),
        ).toEqual([-2, -1, 0, 1, 2])
        for (const count of Object.values(seen)) expect(Math.abs(count - 100)).toBeLessThan(55)
      }
    }
  })

  it('cutout covers a square around any pixel, and nothing else', () => {
    const x = images(many, 1, 6, 6)
    const y = augment(x, { cutout: 3, fill: -5 })
    const middles = Array.from({ length: many }, (_, i) => {
      const [before, after] = [image(x, i), image(y, i)]
      const covered = after.flatMap((value, at) => (value === -5 ? [at] : []))
      after.forEach((value, at) => {
        if (value !== -5) expect(value).toBe(before[at])
      })
      const [columns, rows] = [covered.map((at) => at % 6), covered.map((at) => Math.floor(at / 6))]
      const [width, height] = [columns, rows].map((at) => Math.max(...at) - Math.min(...at) + 1) as [number, number]
      expect(covered.length).toBe(width * height)
      expect(Math.max(width, height)).toBeLessThanOrEqual(3)
      // At an edge 2 of 3 columns are left.
      const middle = (at: readonly number[], size: number) =>
        Math.min(...at) === 0 && size === 2 ? 0 : Math.min(...at) + 1
      return 6 * middle(rows, height) + middle(columns, width)
    })
    const seen = Object.values(counts(middles))
    expect(seen.length).toBe(36)
    for (const count of seen) expect(Math.abs(count - many / 36)).toBeLessThan(65)
  })

  it('bytes are scaled, float64 stays float64, (N, height, width) are images', () => {
    const bytes = new Tensor(Uint8Array.from([0, 255, 51, 102]), [1, 1, 2, 2], { scale: 1 / 255 })
    expect(Array.from(augment(bytes, {}).data)).toEqual(Array.from(bytes.toFloat32()))
    const wide = augment(new Tensor(Float64Array.from([1, 2, 3, 4]), [1, 2, 2]), { flip: 'both' })
    expect(wide.element).toBe('float64')
    expect(Array.from(wide.data).sort()).toEqual([1, 2, 3, 4])
  })
})

describe('in distribution', () => {
  it('rotate turns evenly around the centre', () => {
    // A dot right of the centre, by 5 pixels.
    const x = new Tensor(
      Float32Array.from({ length: many * 225 }, (_, i) => (i % 225 === 117 ? 1 : 0)),
      [many, 1, 15, 15],
    )
    const y = augment(x, { rotate: 40 })
    const angles = Array.from({ length: many }, (_, i) => {
      const place = centre(y, i)
      const [right, down] = [place.x - 7, place.y - 7]
      expect(Math.abs(Math.hypot(right, down) - 5)).toBeLessThan(0.35)
      return (Math.atan2(down, right) * 180) / Math.PI
    })
    expect(Math.min(...angles)).toBeGreaterThan(-43)
    expect(Math.max(...angles)).toBeLessThan(43)
    expect(Math.abs(mean(angles))).toBeLessThan(2.5)
    // Of an even distribution the standard deviation is 40 / √3.
    expect(Math.sqrt(mean(angles.map((angle) => angle ** 2)))).toBeCloseTo(40 / Math.sqrt(3), -0.5)
  })

  it('zoom scales around the centre, shear moves rows by their height', () => {
    const x = new Tensor(
      Float32Array.from({ length: many * 225 }, (_, i) => (i % 225 === 15 * 3 + 7 ? 1 : 0)),
      [many, 1, 15, 15],
    )
    const zoomed = augment(x, { zoom: 0.5 })
    const factors = Array.from({ length: many }, (_, i) => {
      const place = centre(zoomed, i)
      expect(place.x).toBeCloseTo(7, 3)
      return (7 - place.y) / 4
    }).filter(Number.isFinite)
    expect(Math.min(...factors)).toBeGreaterThan(0.45)
    expect(Math.max(...factors)).toBeLessThan(1.55)
    expect(mean(factors)).toBeCloseTo(1, 1)
    const sheared = augment(x, { shear: 30 })
    const slopes = Array.from({ length: many }, (_, i) => {
      const place = centre(sheared, i)
      expect(place.y).toBeCloseTo(3, 3)
      return (place.x - 7) / 4
    })
    const most = Math.tan(Math.PI / 6)
    expect(Math.max(...slopes.map(Math.abs))).toBeLessThan(most + 0.1)
    expect(Math.max(...slopes)).toBeGreaterThan(0.95 * most)
    expect(Math.min(...slopes)).toBeLessThan(-0.95 * most)
    expect(Math.abs(mean(slopes))).toBeLessThan(0.03)
  })

  it('noise is normal, of its deviation, and of any shape', () => {
    const x = new Tensor(new Float32Array(2000 * 101).fill(3), [2000, 101])
    const noise = Array.from(augment(x, { noise: 0.5 }).data, (value) => (value - 3) / 0.5)
    const moment = (power: number) => mean(noise.map((value) => value ** power))
    expect(Math.abs(moment(1))).toBeLessThan(0.014)
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02)
    expect(Math.abs(moment(3))).toBeLessThan(0.06)
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15)
    // Shares of the normal distribution beyond 1 and 3.
    expect(mean(noise.map((value) => Number(Math.abs(value) > 1)))).toBeCloseTo(0.3173, 2)
    expect(mean(noise.map((value) => Number(Math.abs(value) > 3)))).toBeCloseTo(0.0027, 3)
  })

  it('mixUp takes shares of min(λ, 1 - λ), λ of Beta(α, α), from any other sample', () => {
    // Sample i is the number i, at place i: what is mixed is seen.
    const x = new Tensor(
      Float32Array.from({ length: 50 * 50 }, (_, i) => (i % 51 === 0 ? 1 : 0)),
      [50, 50],
    )
    const partners: number[] = []
    const shares: number[] = []
    for (let epoch = 0; epoch < 40; epoch++) {
      const y = augment(x, { mixUp: 1 }, { epoch })
      for (let i = 0; i < 50; i++) {
        const row = image(y, i)
        const other = row.findIndex((value, at) => value > 0 && at !== i)
        if (other < 0) continue
        expect((row[i] as number) + (row[other] as number)).toBeCloseTo(1, 6)
        partners.push(other)
        shares.push(row[other] as number)
      }
    }
    expect(Object.keys(counts(partners)).length).toBe(50)
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.5)
    expect(mean(shares)).toBeCloseTo(0.25, 1)
  })

  it.each([0.05, 0.2, 0.5, 1, 2, 10])('the quantiles of its shares are those of Beta(α, α) with α = %f', (alpha) => {
    const quantiles = mixUpShares(alpha)
    expect(quantiles[0]).toBe(0)
    expect(quantiles.at(-1)).toBeCloseTo(0.5, 12)
    // The mean of t on [0, 1/2] by a million rectangles in s = t^α, as in numerical integration by other means.
    const count = 1_000_000
    const last = 0.5 ** alpha
    let [sum, weights] = [0, 0]
    for (let i = 0; i < count; i++) {
      const t = (((i + 0.5) / count) * last) ** (1 / alpha)
      const weight = (1 - t) ** (alpha - 1)
      sum += weight * t
      weights += weight
    }
    const ofTable = mean(quantiles.slice(1).map((value, i) => (value + (quantiles[i] as number)) / 2))
    expect(Math.abs(ofTable - sum / weights)).toBeLessThan(2e-4)
    quantiles.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(quantiles[i - 1] ?? 0)
    })
  })
})

describe('random numbers', () => {
  const all: AugmentOptions = {
    shift: 2,
    rotate: 20,
    zoom: 0.2,
    shear: 9,
    flip: 'both',
    crop: 1,
    cutout: 3,
    noise: 0.1,
  }

  it('follow from seed, epoch and number of the sample alone', () => {
    const bits = (first: number, count: number, seed = 5, epoch = 2): number[] =>
      Array.from(augment(dots.slice(first, first + count), all, { seed, epoch, first }).data)
    const together = bits(0, 40)
    const apart = [bits(0, 1), bits(1, 20), bits(21, 19)].flat()
    expect(apart).toEqual(together)
    expect(bits(0, 40, 6)).not.toEqual(together)
    expect(bits(0, 40, 5, 3)).not.toEqual(together)
    expect(together.slice(0, 225)).not.toEqual(together.slice(225, 450))
  })

  it('are the same in float32 and float64', () => {
    const wide = augment(new Tensor(Float64Array.from(dots.slice(0, 200).data), [200, 1, 15, 15]), all)
    const narrow = augment(dots.slice(0, 200), all)
    narrow.data.forEach((value, i) => {
      expect(Math.abs(value - (wide.data[i] as number))).toBeLessThan(2e-5)
    })
  })
})

describe('errors', () => {
  it.each<readonly [AugmentOptions, string]>([
    [{ shift: 1.5 }, 'augment.shift is 1.5, expected a whole number from 0'],
    [{ crop: -1 }, 'augment.crop is -1, expected a whole number from 0'],
    [{ rotate: 181 }, 'augment.rotate is 181, expected degrees from 0 to 180'],
    [{ rotate: '10' as never }, 'augment.rotate is "10", expected degrees from 0 to 180'],
    [{ zoom: 1 }, 'augment.zoom is 1, expected a share from 0, below 1, such as 0.1'],
    [{ shear: 90 }, 'augment.shear is 90, expected degrees from 0 to 60'],
    [{ flip: 'left' as never }, "augment.flip is \"left\", expected 'horizontal', 'vertical' or 'both'"],
    [{ noise: Number.NaN }, 'augment.noise is NaN, expected a standard deviation from 0'],
    [{ mixUp: 11 }, 'augment.mixUp is 11, expected a number from 0 to 10, such as 0.2'],
    [{ fill: Number.POSITIVE_INFINITY }, 'augment.fill is Infinity, expected a finite number'],
    [{ turn: 3 } as never, "augment: unknown option 'turn', expected shift, rotate, zoom"],
    [{ shift: 15 }, 'augment.shift is 15, expected less than a side of the images, 15×15 pixels'],
  ])('%j', (options, message) => {
    expect(() => augment(dots, options)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
    expect(() => augment(dots, options)).toThrow(message)
  })

  it('rows of numbers are no images, unless the data set knows better', () => {
    const rows = tensor([[1, 2, 3, 4]])
    expect(() => augment(rows, { shift: 1 })).toThrow(
      'augment changes images, samples (channels, height, width) or (height, width); got samples (4,). Reshape them: ' +
        'a model of rows of numbers begins with new Flatten(). noise and mixUp take any shape',
    )
    const preprocessing = new Preprocessing({ source: { kind: 'images', channels: 1, height: 2, width: 2, scale: 1 } })
    const settings = augmentSettings('augment', { shift: 1 }) as AugmentSettings
    expect(() => new Augmentation('augment', settings, { sampleShapes: [[4]], preprocessing }, 0)).not.toThrow()
    expect(() => new Augmentation('augment', settings, { sampleShapes: [[5]], preprocessing }, 0)).toThrow('(5,)')
  })

  it('one input, of a million pixels at most', () => {
    const settings = augmentSettings('augment', { shift: 1 }) as AugmentSettings
    const make = (...sampleShapes: number[][]) => new Augmentation('augment', settings, { sampleShapes }, 0)
    expect(() => make([1, 4, 4], [3])).toThrow('with one input; this data set has 2: (1, 4, 4) and (3,)')
    expect(() => make([1, 2000, 2000])).toThrow('1020×1020')
  })
})
