// Which class was taken for which, and what that comes to for each.

import { type Html, paragraph, raw, table, text } from './html.js'
import type { Classified } from './judged.js'

/** Larger matrices are left to the figures of each class. */
const mostClasses = 100

/** Rows: the class it is; columns: the class it was taken for. The darker, the larger the share of the row. */
export function confusionMatrix({ counts, names }: Classified): Html {
  if (names.length > mostClasses) return paragraph(`${names.length} classes: too many for a matrix; the classes follow`)
  const rows = counts.map((row, truth) => {
    const all = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    )
    const cells = row.map((count) => {
      const heat = (0.75 * count) / all
      return `<td style="background:rgba(var(--heat),${heat.toFixed(2)})">${count === 0 ? '·' : count}</td>`
    })
    return `<tr><th scope="row">${text(names[truth] as string).html}</th>${cells.join('')}</tr>`
  })
  const head = names.map((name) => `<th scope="col">${text(name).html}</th>`).join('')
  return raw(
    `<p>Rows: the class that it is; columns: the class that it was taken for.</p><div class="scroll heat"><table><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`,
  )
}

const share = (part: number, whole: number): string => (whole === 0 ? '–' : (part / whole).toFixed(4))

/** Precision, recall and F1 of each class, as scikit-learn's classification_report. */
export function classTable({ counts, names }: Classified): Html {
  const rows = names.map((name, label) => {
    const right = counts[label]?.[label] as number
    const truths = (counts[label] as readonly number[]).reduce((sum, count) => sum + count, 0)
    const taken = counts.reduce((sum, row) => sum + (row[label] as number), 0)
    return [name, share(right, taken), share(right, truths), share(2 * right, taken + truths), truths]
  })
  return table(['class', 'precision', 'recall', 'F1', 'samples'], rows)
}
