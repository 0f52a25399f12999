// A drawing as MNIST has its digits: fitted into a box of 20 of 28 pixels, its centre of mass in the middle, antialiased
// (LeCun, Cortes and Burges).

export interface Grey {
  readonly width: number
  readonly height: number
  /** 0 to 255, row by row. */
  readonly pixels: Uint8Array
}

/** MNIST's box and picture. */
const boxShare = 20 / 28
/** Antialiasing at the edge of a stroke is no part of the box. */
const ink = 32

/** The drawing in a picture of `height` × `width`; undefined where nothing is drawn. */
export function fitDigit(drawing: Grey, height: number, width: number): Grey | undefined {
  const box = boxOf(drawing)
  if (box === undefined) return undefined
  const { left, top, right, bottom, x, y } = box
  const boxSide = boxShare * Math.min(height, width)
  const scale = boxSide / Math.max(right - left, bottom - top)
  // The drawing's point that comes to the picture's corner. The box stays inside where its mass is at its edge.
  const originX = originOf(x, left, right, width / scale)
  const originY = originOf(y, top, bottom, height / scale)
  const pixels = new Uint8Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [fromX, fromY] = [originX + column / scale, originY + row / scale]
      pixels[row * width + column] = Math.round(meanOf(drawing, fromX, fromY, fromX + 1 / scale, fromY + 1 / scale))
    }
  }
  return { width, height, pixels }
}

/** The first of `length` coordinates with `centre` in the middle, unless they would not cover `low` to `high`. */
function originOf(centre: number, low: number, high: number, length: number): number {
  return Math.min(low, Math.max(high - length, centre - length / 2))
}

/** The smallest box around all ink, its ends exclusive, and the centre of mass. */
function boxOf({ width, height, pixels }: Grey) {
  let [left, top, right, bottom] = [width, height, 0, 0]
  let [mass, x, y] = [0, 0, 0]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = pixels[row * width + column] as number
      if (value < ink) continue
      left = Math.min(left, column)
      right = Math.max(right, column + 1)
      top = Math.min(top, row)
      bottom = row + 1
      mass += value
      x += value * (column + 0.5)
      y += value * (row + 0.5)
    }
  }
  return mass === 0 ? undefined : { left, top, right, bottom, x: x / mass, y: y / mass }
}

/** The mean over a part of the drawing, outside of which all is 0. */
function meanOf({ width, height, pixels }: Grey, x0: number, y0: number, x1: number, y1: number): number {
  let sum = 0
  for (let row = Math.max(0, Math.floor(y0)); row < Math.min(height, y1); row++) {
    const high = Math.min(row + 1, y1) - Math.max(row, y0)
    for (let column = Math.max(0, Math.floor(x0)); column < Math.min(width, x1); column++) {
      const wide = Math.min(column + 1, x1) - Math.max(column, x0)
      sum += (pixels[row * width + column] as number) * high * wide
    }
  }
  return sum / ((x1 - x0) * (y1 - y0))
}
