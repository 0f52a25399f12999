// `netwright evaluate`: what a saved model is worth on a data set.

import { type Command, Option } from 'commander'
import type { MetricLike } from '../metrics/metrics.js'
import type { Evaluation } from '../train/options.js'
import type { DataSetOptions } from './data-options.js'
import { addDataSetOptions, dataSetHelp, loadDataSet } from './data-sets.js'
import { metricLines, metrics, metricsHelp } from './metrics.js'
import { savedModel, shapedFor } from './model-source.js'
import { type Named, named } from './named.js'
import { count, seed } from './options.js'
import { lossHelp, lossNames, lossOf } from './recipe.js'
import { addRunOptions, chooseBackend } from './run-options.js'
import { terminalText } from './terminal-text.js'
import { flat } from './training-report.js'

interface EvaluateCommandOptions extends DataSetOptions {
  readonly split: 'train' | 'test' | 'all'
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
  $ netwright evaluate flowers.safetensors --dataset flowers.csv            the part that train kept back
  $ netwright evaluate flowers.safetensors --dataset new-flowers.csv --split all

${dataSetHelp}`

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description('loss and accuracy of a saved model')
    .argument('<model>', 'file that train --save or model.save() has written')
  addDataSetOptions(command, 'what to judge by')
    .addOption(new Option('--split <part>', 'the part of it').choices(['train', 'test', 'all']).default('test'))
    .option('--seed <n>', 'seed of the split of data in one part: that of train', seed, 1)
    .option('--loss <name>', lossHelp, named(lossNames))
    .option('--metrics <names>', metricsHelp, metrics)
    .option('--batch-size <n>', 'samples in a step', count, 500)
  addRunOptions(command).option('--json', 'print one line of JSON').addHelpText('after', help).action(evaluate)
}

async function evaluate(path: string, options: EvaluateCommandOptions): Promise<void> {
  const { dataset, split, batchSize, json, metrics = [] } = options
  // Wrong words are told before the data are read.
  if (options.loss !== undefined) lossOf(options.loss)
  const backend = chooseBackend(options)
  const source = await savedModel(path, backend)
  const whole = split === 'all'
  const data = await loadDataSet(options, { preprocessing: source.preprocessing, whole })
  const opened = source.open(data.task)
  const samples = shapedFor(opened, data[whole ? 'test' : split])
  const loss = lossOf(options.loss, samples.targets)
  const figures = await opened.model.evaluate(samples, { loss, batchSize, metrics })
  const { name, isa, threads } = backend
  const classNames = opened.model.preprocessing?.classNames ?? samples.classNames
  const result = {
    model: path,
    dataset,
    split,
    samples: samples.length,
    ...flat(figures),
    classNames,
    backend: name,
    isa,
    threads,
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const heading = `${terminalText(path)} on ${samples.length.toLocaleString('en-US')} ${whole ? '' : `${split} `}samples of ${terminalText(dataset)}`
  const lines = Object.entries(figures.metrics ?? {}).flatMap(([name, value]) =>
    metricLines(name, { [split]: value }, classNames),
  )
  process.stdout.write(`${[`${heading}: ${figuresText(figures)}`, ...lines].join('\n')}\n`)
}

const figuresText = ({ loss, accuracy }: Evaluation): string =>
  `loss ${loss.toFixed(4)}${accuracy === undefined ? '' : `, accuracy ${accuracy.toFixed(4)}`}`
