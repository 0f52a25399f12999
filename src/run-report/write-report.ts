// writeReport: a training run as one HTML file, to keep, to send, and to look at without a network.

import { arch, cpus, platform } from 'node:os'
import type { Dataset } from '../data/dataset.js'
import { counted } from '../errors.js'
import { writeFileAtomically } from '../files/write-file.js'
import type { TrainableNetwork } from '../model.js'
import { numberText } from '../text-table.js'
import { packageVersion } from '../version.js'
import { classTable, confusionMatrix } from './classes.js'
import { curves } from './curves.js'
import { type Cell, type Html, page, paragraph, raw, section, table, text } from './html.js'
import { type Judged, judge } from './judged.js'
import { mistakes } from './mistakes.js'
import { filterPictures } from './pictures.js'
import { checkReport, type ReportOptions } from './report-options.js'
import { predictedAgainstTrue } from './values.js'

/**
 * Writes the report of a run of `fit` to `path`: figures, curves, the confusion matrix and the classes' figures (or, of a
 * regression, predictions against truth), the worst mistakes, the first layer's filters, every layer's numbers, settings
 * and machine. One file that loads and runs nothing, in light and dark. A file that is there is replaced.
 * Rejects with ERR_ARGUMENT for options that are missing or wrong, ERR_FILE where it cannot be written, ERR_SHAPE for test
 * data that do not fit the model.
 */
export async function writeReport(path: string, options: ReportOptions): Promise<void> {
  const test = checkReport(path, options)
  const { model, history, loss, title = model.savedAs } = options
  const { loss: testLoss } = await model.evaluate(test, { loss })
  const judged = await judge(model, test, loss)
  const figures = options.figures ?? {
    loss: testLoss,
    ...(judged.kind === 'classes' ? { accuracy: judged.accuracy } : {}),
  }
  const parts = [
    raw(`<h1>${text(title).html}</h1>\n<p>${text(`${model}`).html}</p>`),
    figureCards(figures),
    ...(history.epochs === 0 ? [] : [section('Training', await curves(history))]),
    ...(await judgement(judged, test)),
    ...(await layers(model, test)),
    section('Model', raw(`<pre>${text(model.summary()).html}</pre>`)),
    section('Run', definitions(runFacts(options))),
  ]
  await writeFileAtomically(path, [new TextEncoder().encode(page(title, parts))])
}

function figureCards(figures: Readonly<Record<string, string | number>>): Html {
  const cards = Object.entries(figures).map(([name, value]) => {
    const shown = typeof value === 'number' ? numberText(value) : value
    return `<div><span>${text(name).html}</span><b>${text(shown).html}</b></div>`
  })
  return raw(`<div class="figures">${cards.join('')}</div>`)
}

async function judgement(judged: Judged, test: Dataset): Promise<readonly Html[]> {
  if (judged.kind === 'values') return [section('Predictions', await predictedAgainstTrue(judged))]
  const worst = await mistakes(test, judged)
  return [
    section('Confusion matrix', paragraph(`Accuracy ${judged.accuracy.toFixed(4)}.`), confusionMatrix(judged)),
    section('Classes', classTable(judged)),
    ...(worst === undefined ? [] : [section('Worst mistakes', worst)]),
  ]
}

async function layers(model: TrainableNetwork, test: Dataset): Promise<readonly Html[]> {
  const filters = await filterPictures(model, test)
  const rows = Object.entries(model.stateDict()).map(([name, tensor]): Cell[] => {
    const numbers = tensor.toFloat32()
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length
    const [least, most] = [Math.min, Math.max].map((pick) => numbers.reduce((a, b) => pick(a, b)))
    const statistics = [mean, Math.sqrt(variance), least as number, most as number].map(numberText)
    return [name, tensor.shape.join(' × '), numbers.length, ...statistics]
  })
  return [
    ...(filters === undefined ? [] : [section('Weights of the first layer', filters)]),
    section('Parameters', table(['tensor', 'shape', 'numbers', 'mean', 'std', 'least', 'greatest'], rows)),
  ]
}

function runFacts({ model, history, command, settings = {} }: ReportOptions): readonly (readonly [string, string])[] {
  const { name, isa, threads } = model.backend
  const seconds = history.seconds.reduce((sum, epoch) => sum + epoch, 0)
  return [
    ...(command === undefined ? [] : [['command', command] as const]),
    ...Object.entries(settings).map(([key, value]) => [key, String(value)] as const),
    ['epochs', `${history.epochs}${history.stopReason === undefined ? '' : `, ended early: ${history.stopReason}`}`],
    ...(history.epochs === 0 ? [] : [['learning rate', ratesText(history.lr)] as const]),
    ['training', `${seconds.toFixed(2)} s, without evaluation`],
    ['seed of the model', String(model.seed)],
    ['backend', `${name}, ISA ${isa}, ${counted(threads, 'thread')}`],
    ['processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['system', `${platform()} ${arch()}, Node ${process.version}, netwright ${packageVersion}`],
    ['written', new Date().toISOString()],
  ]
}

/** Its course, of which the chart of training has the rest. */
function ratesText(rates: readonly number[]): string {
  const [first, last] = [rates[0], rates.at(-1)].map((rate) => numberText(rate as number))
  return new Set(rates).size === 1
    ? `${first}`
    : `${first} at the end of the first epoch, ${last} at the end of the last`
}

const definitions = (facts: readonly (readonly [string, string])[]): Html =>
  raw(`<dl>${facts.map(([name, value]) => `<dt>${text(name).html}</dt><dd>${text(value).html}</dd>`).join('\n')}</dl>`)
