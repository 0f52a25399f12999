// `netwright evaluate`: what a saved model is worth on a data set.

import { type Command, Option } from 'commander'
import type { MetricLike } from '../metrics/metrics.js'
import type { Evaluation } from '../train/options.js'
import { type DataSetName, dataSetNames, loadDataSet } from './data-sets.js'
import { metricLines, metrics, metricsHelp } from './metrics.js'
import { savedModel } from './model-source.js'
import { type Named, named } from './named.js'
import { count } from './options.js'
import { defaultLoss, lossNames, lossOf } from './recipe.js'
import { addDataOption, addRunOptions, chooseBackend, dataHelp, type RunOptions } from './run-options.js'
import { flat } from './training-report.js'

interface EvaluateCommandOptions extends RunOptions {
  readonly dataset: DataSetName
  readonly split: 'train' | 'test'
  readonly loss?: Named
  readonly batchSize: number
  readonly metrics?: readonly MetricLike[]
  readonly json?: true
}

const help = `
Examples:
  $ netwright train --save model.safetensors
  $ netwright evaluate model.safetensors
  $ netwright evaluate model.safetensors --split train
  $ netwright evaluate model.safetensors --metrics f1,top3,confusionMatrix
  $ netwright evaluate model.safetensors --json | jq .accuracy

${dataHelp}`

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description('loss and accuracy of a saved model')
    .argument('<model>', 'file that train --save or model.save() has written')
    .addOption(new Option('--dataset <name>', 'what to judge by').choices(dataSetNames).default('mnist'))
    .addOption(new Option('--split <part>', 'the part of it').choices(['train', 'test']).default('test'))
    .option('--loss <name>', `${lossNames.join(', ')} (default: ${defaultLoss})`, named(lossNames))
    .option('--metrics <names>', metricsHelp, metrics)
    .option('--batch-size <n>', 'samples in a step', count, 500)
  addDataOption(addRunOptions(command))
    .option('--json', 'print one line of JSON')
    .addHelpText('after', help)
    .action(evaluate)
}

async function evaluate(path: string, options: EvaluateCommandOptions): Promise<void> {
  const { dataset, split, batchSize, json, metrics = [] } = options
  const loss = lossOf(options.loss)
  const backend = chooseBackend(options)
  const source = await savedModel(path, backend)
  const samples = (await loadDataSet(dataset, options, source))[split]
  const figures = await source.model.evaluate(samples, { loss, batchSize, metrics })
  const { name, isa, threads } = backend
  const result = { model: path, dataset, split, samples: samples.length, ...flat(figures), backend: name, isa, threads }
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const heading = `${path} on ${samples.length.toLocaleString('en-US')} ${split} samples of ${dataset}`
  const lines = Object.entries(figures.metrics ?? {}).flatMap(([name, value]) => metricLines(name, { [split]: value }))
  process.stdout.write(`${[`${heading}: ${figuresText(figures)}`, ...lines].join('\n')}\n`)
}

const figuresText = ({ loss, accuracy }: Evaluation): string =>
  `loss ${loss.toFixed(4)}${accuracy === undefined ? '' : `, accuracy ${accuracy.toFixed(4)}`}`
