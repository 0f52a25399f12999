// Metrics as their definitions say, sample by sample and pair by pair: what the library's are held to.

export type Rows = readonly (readonly number[])[]

const count = <T>(items: readonly T[], holds: (item: T, i: number) => boolean): number => items.filter(holds).length
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Column of the first largest. */
export const argMax = (row: readonly number[]): number => row.indexOf(Math.max(...row))

export const accuracy = (labels: readonly number[], predicted: readonly number[]): number =>
  mean(labels.map((label, i) => (label === predicted[i] ? 1 : 0)))

/** By sorting each row; equal scores keep their order. */
export function topK(k: number, labels: readonly number[], scores: Rows): number {
  const isAmong = (row: readonly number[], label: number): boolean =>
    row
      .map((score, column) => ({ score, column }))
      .sort((a, b) => b.score - a.score || a.column - b.column)
      .slice(0, k)
      .some(({ column }) => column === label)
  return count(scores, (row, i) => isAmong(row, labels[i] as number)) / labels.length
}

export const confusionMatrix = (classes: number, labels: readonly number[], predicted: readonly number[]): Rows =>
  Array.from({ length: classes }, (_, row) =>
    Array.from({ length: classes }, (__, column) =>
      count(labels, (label, i) => label === row && predicted[i] === column),
    ),
  )

/** Precision, recall and F1 of each class, and their means over the classes that occur. */
export function perClass(classes: number, labels: readonly number[], predicted: readonly number[]) {
  const figures = Array.from({ length: classes }, (_, c) => {
    const truePositives = count(labels, (label, i) => label === c && predicted[i] === c)
    const falsePositives = count(labels, (label, i) => label !== c && predicted[i] === c)
    const falseNegatives = count(labels, (label, i) => label === c && predicted[i] !== c)
    const precision = truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives)
    const recall = truePositives === 0 ? 0 : truePositives / (truePositives + falseNegatives)
    const f1 = truePositives === 0 ? 0 : (2 * precision * recall) / (precision + recall)
    return { precision, recall, f1, occurs: labels.includes(c) || predicted.includes(c) }
  })
  const occurring = figures.filter(({ occurs }) => occurs)
  const list = (key: 'precision' | 'recall' | 'f1') => figures.map((figure) => figure[key])
  const macro = (key: 'precision' | 'recall' | 'f1') => mean(occurring.map((figure) => figure[key]))
  return { list, macro }
}

/** Over all pairs of a positive and a negative. */
export function auc(labels: readonly number[], scores: readonly number[]): number {
  const of = (label: number) => scores.filter((_, i) => labels[i] === label)
  return mean(of(1).flatMap((yes) => of(0).map((no) => (yes > no ? 1 : yes === no ? 0.5 : 0))))
}

const transpose = (rows: Rows): Rows => (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as number))

export const mae = (wanted: Rows, predicted: Rows): number =>
  mean(wanted.flatMap((row, r) => row.map((value, c) => Math.abs(value - (predicted[r]?.[c] as number)))))

export const rmse = (wanted: Rows, predicted: Rows): number =>
  Math.sqrt(mean(wanted.flatMap((row, r) => row.map((value, c) => (value - (predicted[r]?.[c] as number)) ** 2))))

export function r2(wanted: Rows, predicted: Rows): number {
  const columns = transpose(predicted)
  const explained = transpose(wanted).map((targets, c) => {
    const centre = mean(targets)
    const residual = mean(targets.map((target, i) => (target - (columns[c]?.[i] as number)) ** 2))
    return 1 - residual / mean(targets.map((target) => (target - centre) ** 2))
  })
  return mean(explained)
}
