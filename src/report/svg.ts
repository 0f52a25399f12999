// What all our SVG text has in common: the font, the colours, escaped text.

/** Inter lies in fonts/ for the PNGs; an SVG takes what the viewer has. */
export const fontFamily = 'Inter, Verdana, sans-serif'

export const ink = { text: '#222222', muted: '#5b5b5b', line: '#8c8c8c', grid: '#e4e4e4', background: '#ffffff' }

/** Okabe and Ito's colours, which colour-blind readers tell apart, without the yellow that white drowns. */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for an element or an attribute, as `printable` has it. */
export function escapeXml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] as string)
}

/**
 * A text from anywhere, such as the name of a file, to be shown. Characters that XML 1.0 has no way to write, and other
 * control characters, become U+FFFD. Those that turn the direction of writing are left out: `\u202egnp.exe` would be read
 * as `exe.png`, and what follows it backwards.
 */
export function printable(text: string): string {
  return text
    .replace(/(?![\t\n\r])[\p{Control}\p{Surrogate}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
}

/** About how wide a text is in Inter, in pixels; enough to make room for it. */
export function textWidth(text: string, size: number): number {
  let ems = 0
  for (const character of text) {
    if (/[ijl.,:;|'!()[\]ft ]/.test(character)) ems += 0.32
    else if (/[mwMW@%—→]/.test(character)) ems += 0.92
    else if (/[A-Z]/.test(character)) ems += 0.66
    else ems += (character.codePointAt(0) as number) > 0x2e7f ? 1 : 0.57
  }
  return ems * size
}

/** Breaks a text between words into lines of at most `width` pixels; a longer word stays whole. */
export function wrapText(text: string, size: number, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** A coordinate with at most two decimals. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** A whole picture on white. */
export function svgDocument(width: number, height: number, body: readonly string[]): string {
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${fontFamily}">`,
    `<rect width="100%" height="100%" fill="${ink.background}"/>`,
    ...body,
    '</svg>\n',
  ].join('\n')
}
