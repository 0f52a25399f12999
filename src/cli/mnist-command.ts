// `netwright mnist`: `netwright train` on the MNIST digits with the few options that a first try needs.

import { type Command, Option } from 'commander'
import { addLivePageOptions } from './live-page-options.js'
import { count, integer, outFile, positive, seed } from './options.js'
import { type Preset, type PresetName, presetNames, presets } from './presets.js'
import { addDataOption, addRunOptions, dataHelp } from './run-options.js'
import { reportHelp, type TrainOptions, trainModel } from './training.js'

const help = `
Examples:
  $ netwright mnist                                a convolutional network, one epoch: 99 %
  $ netwright mnist --model mlp                    the book's 784-50-10 network, 16 epochs: 97 %
  $ netwright mnist --model mlp --hidden 100       wider
  $ netwright mnist --model mlp --backend reference  without the native addon
  $ netwright mnist --ui-keep                      with a page to watch it on, and to draw digits on
  $ netwright mnist --json | jq .testAccuracy      one line of JSON, progress on stderr

netwright train has more options, models and data sets.
${dataHelp}
Ctrl-C stops after the current step; a second one at once.`

const models: readonly PresetName[] = ['convnet', 'mlp']

/** `convnet: 1, mlp: 16`. */
const defaultsText = (defaultOf: (preset: Preset) => number | undefined): string =>
  presetNames
    .filter((name) => models.includes(name) && defaultOf(presets[name]) !== undefined)
    .map((name) => `${name}: ${defaultOf(presets[name])}`)
    .join(', ')

export function addMnistCommand(program: Command): void {
  const command = program
    .command('mnist')
    .description('train a network on the MNIST digits: a first try')
    .addOption(new Option('--model <name>', 'network').choices(models).default('convnet'))
    .option(
      '--epochs <n>',
      `passes over the training data (default: ${defaultsText(({ recipe }) => recipe.epochs)})`,
      count,
    )
    .option('--batch-size <n>', 'samples in a step', count, 100)
    .option(
      '--lr <rate>',
      `learning rate, the highest of a cycle (default: ${defaultsText(({ recipe }) => recipe.lr)})`,
      positive,
    )
    .option('--seed <n>', 'seed of weights and shuffling', seed, 1)
    .option(
      '--hidden <n>',
      `neurons of the hidden layer (default: ${defaultsText(({ hidden }) => hidden)})`,
      integer(1, 65_536),
    )
  addLivePageOptions(addDataOption(addRunOptions(command)))
    .option('--report <file>', reportHelp, outFile)
    .option('--json', 'print one line of JSON on stdout, progress on stderr')
    .addHelpText('after', help)
    .action((options: Omit<TrainOptions, 'dataset'>) => trainModel({ ...options, dataset: 'mnist' }))
}
