// `netwright mnist`: trains a network on the real MNIST digits and reports how well and how fast.

import { type Command, Option } from 'commander'
import type { Dataset } from '../data/dataset.js'
import type { Backend } from '../kernels/backend.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { Sequential } from '../sequential.js'
import type { History } from '../train/history.js'
import type { Callback } from '../train/options.js'
import { type Interrupt, listenForInterrupt } from './interrupt.js'
import { integer, positive } from './options.js'
import { type Preset, type PresetName, presetNames, presets } from './presets.js'
import { createProgress, type Progress } from './progress.js'
import { addRunOptions, chooseBackend, dataHelp, loadDigits, type RunOptions } from './run-options.js'

interface MnistCommandOptions extends RunOptions {
  readonly model: PresetName
  readonly epochs?: number
  readonly batchSize: number
  readonly lr?: number
  readonly seed: number
  readonly hidden?: number
  readonly json?: true
}

/** What `--json` prints. Seconds and rate are of training alone, without evaluation and without loading the data. */
interface Result {
  readonly model: string
  readonly epochs: number
  readonly trainAccuracy: number
  readonly testAccuracy: number
  readonly trainSeconds: number
  readonly samplesPerSecond: number
  readonly backend: string
  readonly isa: string
  readonly threads: number
}

const largest = 2 ** 31 - 1

const help = `
Examples:
  $ netwright mnist                                a convolutional network, one epoch: 99 %
  $ netwright mnist --model mlp                    the book's 784-50-10 network, 16 epochs: 97 %
  $ netwright mnist --model mlp --hidden 100       wider
  $ netwright mnist --model mlp --backend reference  without the native addon
  $ netwright mnist --json | jq .testAccuracy      one line of JSON, progress on stderr

${dataHelp}
Ctrl-C stops after the current step; a second one at once.`

/** `convnet: 1, mlp: 16`. */
const defaultsOf = (option: keyof Preset['defaults']): string =>
  presetNames.map((name) => `${name}: ${presets[name].defaults[option]}`).join(', ')

export function addMnistCommand(program: Command): void {
  const command = program
    .command('mnist')
    .description('train a network on the MNIST digits')
    .addOption(new Option('--model <name>', 'network').choices(presetNames).default('convnet'))
    .option('--epochs <n>', `passes over the training data (default: ${defaultsOf('epochs')})`, integer(1, largest))
    .option('--batch-size <n>', 'samples in a step', integer(1, largest), 100)
    .option('--lr <rate>', `learning rate, the highest of a cycle (default: ${defaultsOf('lr')})`, positive)
    .option('--seed <n>', 'seed of weights and shuffling', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--hidden <n>', `neurons of the hidden layer (default: ${defaultsOf('hidden')})`, integer(1, 65_536))
  addRunOptions(command)
    .option('--json', 'print one line of JSON on stdout, progress on stderr')
    .addHelpText('after', help)
    .action(runMnist)
}

async function runMnist(options: MnistCommandOptions): Promise<void> {
  const backend = chooseBackend(options)
  const interrupt = listenForInterrupt()
  try {
    const data = await loadDigits(options, { flatten: presets[options.model].flatten })
    await train(options, backend, data, interrupt)
  } finally {
    interrupt.release()
  }
}

async function train(
  options: MnistCommandOptions,
  backend: Backend,
  data: { readonly train: Dataset; readonly test: Dataset },
  interrupt: Interrupt,
): Promise<void> {
  const { batchSize, seed, json } = options
  const preset: Preset = presets[options.model]
  const { epochs, lr, hidden } = { ...preset.defaults, ...options }
  const samples = data.train.length
  const settings = { hidden, seed, backend }
  const model: Sequential = preset.create(settings)
  const progress = createProgress({
    stream: json ? process.stderr : process.stdout,
    epochs,
    samplesPerEpoch: samples,
  })
  interrupt.onForce = () => progress.stop()

  const position: Position = { epochs: 0, samples: 0 }
  let history: History
  try {
    history = await model.fit(data.train, {
      epochs,
      batchSize,
      optimizer: preset.optimizer(lr),
      loss: crossEntropy(),
      validationData: data.test,
      signal: interrupt.signal,
      callbacks: [reporter(progress, position)],
    })
  } finally {
    progress.stop()
  }
  if (history.stopped) {
    reportStop(position, epochs, samples)
    return
  }

  const trainSeconds = history.seconds.reduce((sum, epoch) => sum + epoch, 0)
  const result: Result = {
    model: options.model,
    epochs,
    trainAccuracy: await accuracyOn(model, data.train),
    testAccuracy: await accuracyOn(model, data.test),
    trainSeconds: Number(trainSeconds.toFixed(4)),
    samplesPerSecond: Math.round((epochs * samples) / trainSeconds),
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
  }
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : summary(result, preset.describe(settings)))
}

async function accuracyOn(model: Sequential, dataset: Dataset): Promise<number> {
  const { accuracy } = await model.evaluate(dataset)
  return accuracy as number
}

interface Position {
  epochs: number
  samples: number
}

function reporter(progress: Progress, position: Position): Callback {
  return {
    onEpochBegin: () => progress.begin(),
    onProgress: (info) => {
      position.samples = info.samples
      progress.update(info)
    },
    onEpochEnd: (_, logs) => {
      position.epochs++
      position.samples = 0
      progress.end(logs)
    },
  }
}

function reportStop(position: Readonly<Position>, epochs: number, samples: number): void {
  const { epochs: done, samples: within } = position
  // The last step of an epoch may be done without its evaluation.
  process.stderr.write(
    `Stopped after ${done} of ${epochs} epochs` +
      `${within > 0 ? ` and ${within.toLocaleString('en-US')} of ${samples.toLocaleString('en-US')} samples` : ''}, ` +
      'between two steps.\n',
  )
  process.exitCode = 130
}

function summary(result: Result, layers: string): string {
  const rate = result.samplesPerSecond.toLocaleString('en-US')
  return (
    `\n${result.model} ${layers} after ${result.epochs} ${result.epochs === 1 ? 'epoch' : 'epochs'}: ` +
    `train accuracy ${result.trainAccuracy.toFixed(4)}, test accuracy ${result.testAccuracy.toFixed(4)}\n` +
    `trained in ${result.trainSeconds.toFixed(2)} s (${rate} samples/s) on ` +
    `backend ${result.backend}, ISA ${result.isa}, threads ${result.threads}\n`
  )
}
