// The frame of a report: one HTML page that needs no network and runs no script, light and dark, on paper and on a phone.

import { escapeXml, ink, palette } from '../report/svg.js'

/** HTML, as against text, which is escaped when it becomes HTML. */
export interface Html {
  readonly html: string
}

/** A text from anywhere: escaped, without control characters, and keeping its direction of writing to itself. */
export const text = (value: string | number): Html => ({ html: `<bdi>${escapeXml(String(value))}</bdi>` })

/** An attribute's value. */
export const attribute = (value: string): string => `"${escapeXml(value)}"`

export const raw = (html: string): Html => ({ html })

export type Cell = Html | string | number

const toHtml = (cell: Cell): string => (typeof cell === 'object' ? cell : text(cell)).html

export function section(title: string, ...parts: readonly Html[]): Html {
  return raw(`<section>\n<h2>${escapeXml(title)}</h2>\n${parts.map(({ html }) => html).join('\n')}\n</section>`)
}

export const paragraph = (content: Cell): Html => raw(`<p>${toHtml(content)}</p>`)

/** Scrolls by itself where it is wider than the page. The first column names the rows. */
export function table(head: readonly Cell[], rows: readonly (readonly Cell[])[]): Html {
  const header = `<tr>${head.map((cell) => `<th scope="col">${toHtml(cell)}</th>`).join('')}</tr>`
  const lines = rows.map(([name = '', ...cells]) => {
    return `<tr><th scope="row">${toHtml(name)}</th>${cells.map((cell) => `<td>${toHtml(cell)}</td>`).join('')}</tr>`
  })
  return raw(`<div class="scroll"><table><thead>${header}</thead><tbody>${lines.join('\n')}</tbody></table></div>`)
}

/** What a chart's colours are called in the page, so that they are other ones in the dark. */
const chartColours: readonly (readonly [colour: string, name: string])[] = [
  [ink.background, 'card'],
  [ink.text, 'ink'],
  [ink.muted, 'muted'],
  [ink.line, 'line'],
  [ink.grid, 'grid'],
  [palette[0], 'first'],
  [palette[1], 'second'],
]

/** An SVG of ours in the page, `label` for those who cannot see it. */
export function chart(svg: string, label: string): Html {
  const coloured = chartColours.reduce((all, [colour, name]) => all.replaceAll(colour, `var(--${name})`), svg)
  // Presentation attributes take no variables; styles do.
  const styled = coloured
    .replace(/ (fill|stroke)="(var\(--\w+\))"/g, ' style="$1:$2"')
    .replace(/ style="([^"]*)"([^<>]*?) style="([^"]*)"/g, ' style="$1;$3"$2')
  return raw(`<figure role="img" aria-label=${attribute(label)}>${styled.replace(/<\?xml[^>]*>/, '')}</figure>`)
}

const style = `
:root { color-scheme: light dark; --page: #f4f4f2; --card: #ffffff; --ink: #222222; --muted: #5b5b5b; --line: #8c8c8c;
  --grid: #e4e4e4; --first: #0072b2; --second: #d55e00; --heat: 0, 114, 178; }
@media (prefers-color-scheme: dark) { :root { --page: #16181b; --card: #202327; --ink: #ececec; --muted: #a9adb3;
  --line: #6d7278; --grid: #34383d; --first: #5ab4ea; --second: #f28b4b; --heat: 90, 180, 234; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 Inter, system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.35rem; overflow-wrap: anywhere; margin: .4rem 0; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
section { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; padding: 1rem; margin: 1rem 0;
  break-inside: avoid; }
p { color: var(--muted); margin: .3rem 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.figures div { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; padding: .6rem .8rem; }
.figures b { display: block; font-size: 1.2rem; font-weight: 600; } .figures span { color: var(--muted); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
figure { margin: 0; } figure svg { display: block; width: 100%; max-width: 34rem; height: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .55rem; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { font-weight: 600; } th:first-child { text-align: left; } .heat td { text-align: center; min-width: 2.2rem; }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; } .pictures figure { width: 7.5rem; font-size: .85rem; }
.pictures img { width: 100%; } .pictures.filters img { width: 3.2rem; }
img { image-rendering: pixelated; display: block; height: auto; }
pre { overflow-x: auto; margin: 0; font-size: .82rem; } code { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); gap: .2rem 1rem; margin: 0; }
dt { color: var(--muted); } dd { margin: 0; } dt, dd { overflow-wrap: anywhere; }
`

/** The whole page. Nothing in it may load or run anything. */
export function page(title: string, parts: readonly Html[]): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
${parts.map(({ html }) => html).join('\n')}
</main>
</body>
</html>
`
}
