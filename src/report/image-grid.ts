// Grids of small pictures: digits, misclassified digits with their labels, filters. SVG around PNGs of the pixels.

import { checkOptions } from '../errors.js'
import { checkCount, checkList, checkText } from './check.js'
import { type PixelImage, toBytes } from './pixels.js'
import { pngAddress } from './png-address.js'
import { escapeXml, ink, printable, px, svgDocument, textWidth, wrapText } from './svg.js'

export interface ImageGridOptions {
  readonly title: string
  /** One line under the title, in grey. */
  readonly subtitle?: string
  /** Each with its own `range`, by default its least and greatest value, and with a line of text below it. */
  readonly images: readonly (PixelImage & { readonly label?: string })[]
  /** Pictures in a row (default: up to 10). */
  readonly columns?: number
  /** Pixels of the grid for a pixel of a picture (default: what makes the widest about 72 wide). */
  readonly scale?: number
}

const margin = 16
const gap = 10
const labelSize = 13

/** Draws the pictures in a grid, in reading order, their pixels as sharp squares, as SVG text. */
export async function imageGrid(options: ImageGridOptions): Promise<string> {
  const where = 'imageGrid'
  checkOptions(where, options, ['title', 'subtitle', 'images', 'columns', 'scale'])
  const { title, subtitle, images } = options
  checkText(where, 'title', title)
  if (subtitle !== undefined) checkText(where, 'subtitle', subtitle)
  checkList(where, 'images', images)
  const bytes = images.map((image, index) => {
    const at = `${where}: images[${index}]`
    checkOptions(at, image, ['pixels', 'width', 'height', 'channels', 'range', 'label'])
    if (image.label !== undefined) checkText(at, 'label', image.label)
    return toBytes(at, image)
  })
  const columns = Math.min(options.columns ?? 10, images.length)
  checkCount(where, 'columns', columns)
  const widest = Math.max(...images.map(({ width }) => width))
  const scale = options.scale ?? Math.max(1, Math.round(72 / widest))
  checkCount(where, 'scale', scale, 256)

  const { encode } = await import('./libraries/fast-png.js')
  const labels = images.map(({ label }) => printable(label ?? ''))
  const cellWidth = Math.max(scale * widest, ...labels.map((label) => textWidth(label, labelSize))) + gap
  const rowHeight = scale * Math.max(...images.map(({ height }) => height)) + gap + (labels.some(Boolean) ? 20 : 0)
  const titleWidth = Math.max(textWidth(title, 17), textWidth(subtitle ?? '', labelSize))
  const room = Math.max(columns * cellWidth - gap, Math.min(titleWidth, 480))
  const lines = [
    ...wrapText(printable(title), 17, room).map((text) => ({ text, size: 17, height: 24, color: ink.text })),
    ...(subtitle === undefined ? [] : wrapText(printable(subtitle), labelSize, room)).map((text) => {
      return { text, size: labelSize, height: 20, color: ink.muted }
    }),
  ]
  const body: string[] = []
  let top = margin
  for (const { text, size, height, color } of lines) {
    body.push(`<text x="${margin}" y="${px(top + size)}" font-size="${size}" fill="${color}">${escapeXml(text)}</text>`)
    top += height
  }
  top += 8
  for (const [index, { width, height, channels = 1 }] of images.entries()) {
    const middle = margin + (index % columns) * cellWidth + (cellWidth - gap) / 2
    const y = top + Math.floor(index / columns) * rowHeight
    const png = encode({ width, height, channels, depth: 8, data: bytes[index] as Uint8Array })
    const place = `x="${px(middle - (scale * width) / 2)}" y="${px(y)}" width="${scale * width}" height="${scale * height}"`
    body.push(`<image ${place} style="image-rendering:pixelated" href="${pngAddress(png)}"/>`)
    const label = labels[index]
    if (label === undefined || label === '') continue
    const at = `x="${px(middle)}" y="${px(y + scale * height + 16)}" text-anchor="middle"`
    body.push(`<text ${at} font-size="${labelSize}" fill="${ink.text}">${escapeXml(label)}</text>`)
  }
  const bottom = top + Math.ceil(images.length / columns) * rowHeight - gap + margin
  return svgDocument(Math.ceil(room + 2 * margin), Math.ceil(bottom), body)
}
