// The options of `fit` that the command line has, each in one entry: its words, and what it says to `fit`.

import { type Command, Option } from 'commander'
import { CSVLogger } from '../train/callbacks/csv-logger.js'
import { EarlyStopping } from '../train/callbacks/early-stopping.js'
import { NaNGuard } from '../train/callbacks/nan-guard.js'
import { TensorBoard } from '../train/callbacks/tensor-board.js'
import type { EpochLogs } from '../train/history.js'
import type { FitOptions } from '../train/options.js'
import { augment, augmentHelp } from './augment.js'
import { UsageError } from './errors.js'
import { metrics, metricsHelp } from './metrics.js'
import { count, notNegative, outFile, positive, share } from './options.js'

/** All options of a command, by the names that commander gives them. */
type Given = Readonly<Record<string, unknown>>

interface FitText {
  readonly flags: string
  readonly help: string
  readonly parse?: (text: string) => unknown
  /** Another option, as it is written, without which this one says nothing. */
  readonly needs?: string
  /** What it says to `fit`, given all options of the command. Default: its value, under its own name. */
  readonly toFit?: (value: never, all: Given) => Partial<FitOptions>
}

const fitTexts: readonly FitText[] = [
  { flags: '--epochs <n>', help: "passes over the training data (default: the model's recipe)", parse: count },
  { flags: '--batch-size <n>', help: "samples in a step (default: the model's recipe)", parse: count },
  { flags: '--shuffle', help: 'visit the samples in a new order every epoch (default)' },
  { flags: '--no-shuffle', help: 'visit them in their own order' },
  { flags: '--l2 <x>', help: 'adds x / 2 · Σ w² over the weights to the loss (default: 0)', parse: notNegative },
  { flags: '--clip-norm <x>', help: 'scale all gradients down to this norm where theirs is larger', parse: positive },
  { flags: '--clip-value <x>', help: 'cut each element of a gradient to this size', parse: positive },
  { flags: '--accumulate <n>', help: 'batches for each step of the optimizer (default: 1)', parse: count },
  { flags: '--ema <x>', help: 'average the weights, each step keeping this share of the average: 0.999', parse: share },
  { flags: '--augment <settings>', help: augmentHelp, parse: augment },
  { flags: '--metrics <names>', help: `what to measure besides: ${metricsHelp}`, parse: metrics },
  {
    flags: '--patience <n>',
    help: 'stop after n epochs in a row without a better validation loss, with the best weights',
    parse: count,
    needs: '--validation-split',
    toFit: (patience: number) => ({ callbacks: [new EarlyStopping({ monitor: 'valLoss', patience })] }),
  },
  {
    flags: '--nan-guard',
    help: 'where the loss becomes NaN, go back some steps and on with half the rate',
    toFit: () => ({ callbacks: [new NaNGuard()] }),
  },
  {
    flags: '--checkpoint <file>',
    help: 'write all that it takes to go on to a file: after each epoch, at the end, at Ctrl-C',
    parse: outFile,
    toFit: (path: string, { checkpointEvery }) => ({
      checkpoint: { path, ...(checkpointEvery === undefined ? {} : { everySteps: checkpointEvery as number }) },
    }),
  },
  {
    flags: '--checkpoint-every <steps>',
    help: 'and as often as this',
    parse: count,
    needs: '--checkpoint',
    toFit: () => ({}),
  },
  { flags: '--resume', help: 'go on from the checkpoint, where there is one', needs: '--checkpoint' },
  {
    flags: '--csv <file>',
    help: "write the epochs' figures to a file",
    parse: outFile,
    toFit: (path: string) => ({ callbacks: [new CSVLogger(path)] }),
  },
  {
    flags: '--tensorboard <dir>',
    help: 'write them, and histograms of the weights, for TensorBoard',
    toFit: (dir: string) => ({ callbacks: [new TensorBoard({ dir, histograms: true })] }),
  },
  {
    flags: '--health',
    help: 'after each epoch, say on stderr how each layer does, with advice',
    toFit: () => ({ health: true, callbacks: [{ onEpochEnd: printHealth }] }),
  },
]

function printHealth(epoch: number, { health }: EpochLogs): void {
  process.stderr.write(`Health after epoch ${epoch + 1}\n${health}\n`)
}

/** Adds the options of `fit` to `command`. */
export function addFitOptions(command: Command): Command {
  for (const text of fitTexts) command.addOption(optionOf(text))
  return command
}

function optionOf({ flags, help, parse }: FitText): Option {
  const option = new Option(flags, help)
  return parse === undefined ? option : option.argParser(parse)
}

/** What the options of a command say to `fit`. Throws a UsageError for one without another that it needs. */
export function toFitOptions(all: Given): Partial<FitOptions> {
  const parts = new Map<string, Partial<FitOptions>>()
  for (const text of fitTexts) {
    const option = optionOf(text)
    const name = option.attributeName()
    const value = all[name]
    if (value === undefined || parts.has(name)) continue
    if (text.needs !== undefined && all[new Option(text.needs).attributeName()] === undefined) {
      throw new UsageError(`${option.long} needs ${text.needs} as well`)
    }
    parts.set(name, text.toFit === undefined ? { [name]: value } : text.toFit(value as never, all))
  }
  const list = [...parts.values()]
  return { ...Object.assign({}, ...list), callbacks: list.flatMap(({ callbacks = [] }) => callbacks) }
}
