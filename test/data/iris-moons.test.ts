import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readCsv } from '../../src/data/csv.js'
import { iris } from '../../src/data/iris.js'
import { moons } from '../../src/data/moons.js'
import { failure } from '../failure.js'

const csv = fileURLToPath(new URL('../../examples/data/iris.csv', import.meta.url))

describe('iris', () => {
  test('150 flowers, with the means that Fisher printed', () => {
    const flowers = iris()
    expect(String(flowers)).toBe('Dataset(150 samples (4,), labels of 3 classes)')
    const mean = (species: number, column: number) => {
      const values = Array.from({ length: 50 }, (_, i) => flowers.x.at(50 * species + i, column))
      return Number((values.reduce((sum, value) => sum + value, 0) / 50).toFixed(3))
    }
    // Table I of the paper.
    expect([0, 1, 2].map((species) => [0, 1, 2, 3].map((column) => mean(species, column)))).toEqual([
      [5.006, 3.428, 1.462, 0.246],
      [5.936, 2.77, 4.26, 1.326],
      [6.588, 2.974, 5.552, 2.026],
    ])
    // The two flowers in which the UCI's copy differs.
    expect(flowers.x.slice(34, 35).toArray()).toEqual([[4.9, 3.1, 1.5, 0.2].map(Math.fround)])
    expect(flowers.x.slice(37, 38).toArray()).toEqual([[4.9, 3.6, 1.4, 0.1].map(Math.fround)])
  })

  test('is what the CSV file of the examples has', async () => {
    const flowers = iris()
    const read = await readCsv(csv, { target: 'species' })
    expect([read.x.data, read.y.data, read.preprocessing]).toEqual([
      flowers.x.data,
      flowers.y.data,
      flowers.preprocessing,
    ])
    expect(readFileSync(csv, 'utf8').split('\n')[0]).toBe('sepal length,sepal width,petal length,petal width,species')
  })
})

describe('moons', () => {
  test('without noise: points of two half circles', () => {
    const { x, y } = moons({ samples: 7, noise: 0 })
    expect(y.toArray()).toEqual([0, 0, 0, 1, 1, 1, 1])
    const wanted = [
      ...[0, 0.5, 1].map((share) => [Math.cos(Math.PI * share), Math.sin(Math.PI * share)]),
      ...[0, 1, 2, 3].map((i) => [1 - Math.cos((Math.PI * i) / 3), 0.5 - Math.sin((Math.PI * i) / 3)]),
    ]
    wanted.flat().forEach((value, i) => {
      expect(x.data[i]).toBeCloseTo(value as number, 6)
    })
  })

  test('noise has the deviation asked for, and a seed gives the same points', () => {
    const exact = moons({ samples: 20_000, noise: 0 }).x.data
    const noisy = moons({ samples: 20_000, noise: 0.3, seed: 4 }).x.data
    const squares = Array.from(noisy, (value, i) => (value - (exact[i] as number)) ** 2)
    expect(Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / noisy.length)).toBeCloseTo(0.3, 2)
    expect(moons({ samples: 20_000, noise: 0.3, seed: 4 }).x.data).toEqual(noisy)
    expect(moons({ samples: 20_000, noise: 0.3, seed: 5 }).x.data).not.toEqual(noisy)
  })

  test('refuses numbers out of range', () => {
    for (const options of [{ samples: 1 }, { samples: 2.5 }, { noise: -1 }, { noise: Number.NaN }, { seed: -1 }]) {
      const { code, message } = failure(() => moons(options))
      expect([code, message]).toEqual(['ERR_ARGUMENT', expect.stringMatching(/^moons: (samples|noise|seed) is /)])
    }
    expect(failure(() => moons({ size: 3 } as never)).message).toMatch(/unknown option 'size'/)
  })
})
