// Lines of CSV files, as RFC 4180 quotes them.

/**
 * One line, with its \n. Numbers as JavaScript prints them; NaN and undefined are empty cells; texts are quoted where
 * they have to be; anything else is JSON.
 */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map((cell) => quoted(cellText(cell))).join(',')}\n`
}

function cellText(cell: unknown): string {
  if (cell === undefined || Number.isNaN(cell)) return ''
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
