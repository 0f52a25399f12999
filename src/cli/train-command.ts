// `netwright train`: trains any model that the command line can name on any data set that it knows.

import { type Command, Option } from 'commander'
import { addDataSetOptions, dataSetHelp } from './data-sets.js'
import { addFitOptions } from './fit-options.js'
import { addLivePageOptions } from './live-page-options.js'
import { modelHelp } from './model-source.js'
import { named } from './named.js'
import { count, fraction, integer, notNegative, outFile, positive, seed, share } from './options.js'
import { lossHelp, lossNames, optimizerNames, scheduleNames } from './recipe.js'
import { addRunOptions } from './run-options.js'
import { reportHelp, trainModel } from './training.js'

const help = `
Examples:
  $ netwright train                                     the digits, a convolutional network, one epoch: 99 %
  $ netwright train --model deep-conv --epochs 5 --save deep.safetensors
  $ netwright train --model net.json --optimizer adam --lr 0.002 --schedule cosine --warm-up 100
  $ netwright train --model mlp --optimizer momentum --schedule step:every=3000,gamma=0.3
  $ netwright train --epochs 50 --validation-split 0.1 --patience 5 --schedule plateau:patience=2
  $ netwright train --epochs 50 --checkpoint run.safetensors            and after Ctrl-C the same with --resume
  $ netwright train --model old.safetensors --epochs 2  goes on with a saved model
  $ netwright train --dataset flowers.csv --target species --standardize --save flowers.safetensors
  $ netwright train --dataset photos --image-size 32x32 a folder of images for each class
  $ netwright train --dataset fashion-mnist --download --augment shift=1,flip=horizontal          in half a minute: 93 %
  $ netwright train --dataset spiral --verbose 0
  $ netwright train --epochs 50 --ui                    and a page to watch, pause and stop it on
  $ netwright train --json | jq .testAccuracy           one line of JSON, progress on stderr

${modelHelp}

Optimizers, schedules and losses take settings behind a colon, with the names of the library: adam:betas=0.9+0.95,
step:every=500,gamma=0.5, one-cycle:pctStart=0.2, cross-entropy:labelSmoothing=0.1. Schedules count steps, not epochs.
${dataSetHelp}
A file that is written is never one that is read, but for --save with the saved --model that it goes on with.
Ctrl-C stops after the current step; a second one at once. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped.`

export function addTrainCommand(program: Command): void {
  const command = program.command('train').description('train a model')
  addDataSetOptions(command.optionsGroup('Data and model:'), 'what to learn')
    .option('--standardize', 'give each feature (of images each channel) mean 0 and standard deviation 1')
    .option('--samples <n>', 'train on the first n samples only', count)
    .option('--validation-split <share>', 'keep a share of them back, and judge the epochs by it', share)
    .option(
      '--model <model>',
      'a name, a JSON file, or a saved model (default: for images convnet, or what suits the data set; for rows mlp)',
    )
    .option('--hidden <n>', 'neurons of the hidden layer of a model by name', integer(1, 65_536))
    .option('--seed <n>', 'seed of initial weights, shuffling, dropout and the split of data', seed, 1)
    .optionsGroup('Training:')
  addFitOptions(command)
    .option('--loss <name>', lossHelp, named(lossNames))
    .optionsGroup('Optimizer:')
    .option('--optimizer <name>', `${optimizerNames.join(', ')} (default: the model's recipe)`, named(optimizerNames))
    .option('--lr <rate>', "learning rate, the highest of a schedule (default: the recipe's)", positive)
    .option('--momentum <x>', 'of sgd and momentum (default: 0, for momentum 0.9)', fraction)
    .option('--weight-decay <x>', 'pulls weights towards 0, biases not (default: 0, for adamw 0.01)', notNegative)
    .option('--schedule <name>', `what the rate does: ${scheduleNames.join(', ')}`, named(scheduleNames))
    .option('--warm-up <steps>', 'let the rate rise evenly at first', count)
    .optionsGroup('Run and output:')
  addLivePageOptions(addRunOptions(command))
    .option('--save <file>', 'write the trained model, in the format safetensors', outFile)
    .option('--report <file>', reportHelp, outFile)
    .addOption(verboseOption())
    .option('--json', 'print one line of JSON on stdout, progress on stderr')
    .addHelpText('after', help)
    .action(trainModel)
}

const verboseOption = (): Option =>
  new Option('--verbose <level>', 'progress: 0 none, 1 a bar on a terminal and lines elsewhere, 2 a line per epoch')
    .choices(['0', '1', '2'])
    .default('1')
