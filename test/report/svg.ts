// Reads SVG text as a strict reader would: resvg's parser refuses XML that is not well formed.

import { Resvg } from '@resvg/resvg-js'

export interface Drawn {
  readonly width: number
  readonly height: number
  /** The colours of the picture in its own size, as red × 65536 + green × 256 + blue. */
  readonly colors: ReadonlySet<number>
}

export function draw(svg: string): Drawn {
  const { width, height, pixels } = new Resvg(svg, { font: { loadSystemFonts: false }, imageRendering: 1 }).render()
  const colors = new Set<number>()
  for (let i = 0; i < pixels.length; i += 4) {
    colors.add(((pixels[i] as number) << 16) | ((pixels[i + 1] as number) << 8) | (pixels[i + 2] as number))
  }
  return { width, height, colors }
}

/** What the text elements of an SVG say, entities read. */
export function textsOf(svg: string): string[] {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => entities[name] ?? ''),
  )
}

export const hostile = '<script>alert("1")</script> & \'x\' \0\ud800\u009f\u202e'
/** `hostile` as it is to be read: what XML cannot hold is U+FFFD, and nothing turns the direction of writing. */
export const harmless = '<script>alert("1")</script> & \'x\' \ufffd\ufffd\ufffd'
