// `netwright predict`: what a saved model says of files.

import { type Command, Option } from 'commander'
import { netwrightError } from '../../errors.js'
import { delimiterIn } from '../data-options.js'
import { UsageError } from '../errors.js'
import { inFlags } from '../in-flags.js'
import { listenForInterrupt } from '../interrupt.js'
import { savedModel } from '../model-source.js'
import { count, outFile } from '../options.js'
import { refuseOverwriting } from '../output-files.js'
import { addRunOptions, chooseBackend, type RunOptions } from '../run-options.js'
import { terminalText } from '../terminal-text.js'
import { Answers, type PredictTask } from './answers.js'
import { finiteRows, type NotFinite, rowsOf } from './finite-rows.js'
import { type FormatName, formatter } from './formats.js'
import { batchesOf, checkInputs, type InputOptions, type Place } from './inputs.js'
import { refuseStray } from './kinds.js'
import { ModelInput } from './model-input.js'
import { toFile, toStdout } from './output.js'

interface PredictOptions extends RunOptions {
  readonly top?: number
  readonly task?: PredictTask
  readonly json?: true
  readonly csv?: true
  readonly out?: string
  readonly invert?: true
  readonly key?: string
  readonly delimiter?: string
  readonly header?: boolean
  readonly skipErrors?: true
  readonly batchSize: number
}

const help = `
Examples:
  $ netwright predict pets.safetensors cat.jpg holiday/      images, and folders of them
  $ netwright predict digits.safetensors --invert scan.png   dark on light, where the model learned light on dark
  $ netwright predict flowers.safetensors new.csv --csv --out answers.csv
  $ netwright predict digits.safetensors t10k-images-idx3-ubyte.gz --json | jq -r .class
  $ netwright predict digits.safetensors images.npz --key x_test
  $ grep -v unknown new.csv | netwright predict flowers.safetensors -

Inputs are told apart by content: PNG and JPEG images and folders of them, IDX, NumPy's .npy and .npz, CSV; - is CSV on
standard input. The model file knows what it was trained on: images are stretched to its size, columns of a CSV file are
found by name, transforms are applied, classes have their names. Bytes in arrays are pixels from 0 to 255, as are the
numbers of a CSV file for a model of images; floats in arrays are taken as they are.
Models that do not end in a softmax give logits, which become probabilities here. A model with one output, or whose target
in a CSV file was a number, answers with numbers; --task says otherwise.
--json prints a line for each sample: file, index (from 0, in files of many samples), class, label, probability, top; or
value. The first input or sample that cannot be read ends it, unless --skip-errors is given.
Ctrl-C stops after the current batch. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped.`

export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .description('what a saved model says of images, tables and arrays')
    .argument('<model>', 'file that train --save or model.save() has written')
    .argument('<inputs...>', 'files and folders, - for CSV on standard input')
    .option('--top <n>', 'classes to name, the most probable first (default: 3)', count)
    .addOption(
      new Option('--task <task>', 'what the outputs are (default: as the model file says)').choices([
        'classify',
        'regress',
      ]),
    )
    .addOption(new Option('--json', 'print a line of JSON for each sample').conflicts('csv'))
    .option('--csv', 'print CSV')
    .option('--out <file>', 'write to a file; .csv and .jsonl name the format', outFile)
    .option('--invert', 'turn light and dark of images around')
    .option('--key <name>', 'of a .npz file: the array (default: the only one, or x)')
    .option('--delimiter <text>', 'of a CSV file: what is between two cells (default: a comma)', delimiterIn)
    .option('--no-header', 'of a CSV file: it begins with data, not with names')
    .option('--skip-errors', 'leave out what cannot be read, and say so on stderr')
    .option('--batch-size <n>', 'samples at a time', count, 256)
  addRunOptions(command).addHelpText('after', help).action(predict)
}

async function predict(path: string, inputs: readonly string[], options: PredictOptions): Promise<void> {
  checkInputs(inputs)
  await refuseStray(inputs, options)
  const name = formatName(options)
  refuseOverwriting(
    [['--out', options.out]],
    [['the model', path], ...inputs.map((input) => ['the input', input] as const)],
  )
  const opened = (await savedModel(path, chooseBackend(options))).open()
  const { model } = opened
  const answers = new Answers(opened, options.task)
  if (options.top !== undefined && answers.task === 'regress') {
    throw new UsageError(`--top goes with classes, and ${path} answers with numbers`)
  }
  const top = Math.min(options.top ?? 3, Math.max(2, answers.size))
  const input = new ModelInput(opened, options.invert === true)
  const columns = {
    classifies: answers.task === 'classify',
    top,
    values: valueNames(answers.size),
  }
  const format = formatter(name, columns, options.out === undefined && process.stdout.isTTY)
  const interrupt = listenForInterrupt()
  const { signal } = interrupt
  let [done, skipped] = [0, 0]
  const onError = (error: unknown): void => {
    if (signal.aborted || error instanceof UsageError) throw error
    skipped += 1
    process.stderr.write(`left out: ${terminalText(inFlags(error as Error))}\n`)
  }
  const output = options.out === undefined ? toStdout() : await toFile(options.out)
  interrupt.onForce = output.abandon
  try {
    const { batchSize, key, delimiter, header, skipErrors } = options
    const inputOptions: InputOptions = {
      batchSize,
      signal,
      ...(key !== undefined && { key }),
      ...(delimiter !== undefined && { delimiter }),
      ...(header !== undefined && { header }),
      ...(skipErrors && { onError }),
    }
    for await (const { samples, places } of batchesOf(inputs, input, inputOptions)) {
      if (signal.aborted) break
      const outputs = model.predict(samples)
      const problem = ({ row, element, value }: NotFinite): string =>
        `${placeText(places[row] as Place)}: output ${element} of the model is ${value}, expected finite numbers; ` +
        'its weights are not finite, or the numbers of the sample too large'
      const finite = finiteRows(outputs, problem, inputOptions.onError)
      const found = answers.of(rowsOf(outputs, finite), top)
      const predictions = found.map((answer, i) => ({ answer, place: places[finite[i] as number] as Place }))
      if (predictions.length > 0) await output.write(format(predictions))
      done += predictions.length
      // Otherwise a Ctrl-C would wait for the end of the array.
      await new Promise(setImmediate)
    }
    signal.throwIfAborted()
    if (done === 0 && skipped > 0) throw netwrightError('ERR_DATA', `nothing could be predicted, ${skipped} left out`)
    await output.close()
  } catch (error) {
    await output.discard()
    if (!signal.aborted) throw error
    process.stderr.write(`Stopped after ${done.toLocaleString('en-US')} samples.\n`)
    process.exitCode = 130
  } finally {
    interrupt.release()
  }
  if (skipped > 0) process.stderr.write(`${done.toLocaleString('en-US')} predicted, ${skipped} left out\n`)
}

/** `x.npy: sample 3`. */
const placeText = ({ file, index }: Place): string => (index === undefined ? file : `${file}: sample ${index}`)

const valueNames = (size: number): readonly string[] =>
  size === 1 ? ['value'] : Array.from({ length: size }, (_, i) => `value${i + 1}`)

/** The format that the flags ask for, or the file's name. Throws a UsageError where they differ. */
function formatName({ json, csv, out = '' }: PredictOptions): FormatName {
  const asked = json ? 'json' : csv ? 'csv' : undefined
  const named = /\.csv$/i.test(out) ? 'csv' : /\.(jsonl|ndjson)$/i.test(out) ? 'json' : undefined
  if (/\.json$/i.test(out)) {
    throw new UsageError(`--out ${out}: predictions are a line of JSON each, expected a name that ends in .jsonl`)
  }
  if (asked !== undefined && named !== undefined && asked !== named) {
    throw new UsageError(`--${asked} does not go with --out ${out}, whose name says ${named}`)
  }
  return asked ?? named ?? 'table'
}
