// `netwright reproduce`: the experiments of the notes, with their tables and pictures.

import { type Command, InvalidArgumentError } from 'commander'
import type { Experiment } from '../experiments/experiment.js'
import { experiments } from '../experiments/index.js'
import { textTable } from '../text-table.js'
import { UsageError } from './errors.js'
import { listenForInterrupt } from './interrupt.js'
import { createLab, type DigitsCache, type LabOptions, prepareOutFolder } from './lab.js'
import { seed } from './options.js'
import { addDataOption, addRunOptions, chooseBackend, dataHelp } from './run-options.js'

interface ReproduceOptions extends LabOptions {
  readonly all?: true
  readonly list?: true
}

const help = `
Examples:
  $ netwright reproduce --list                  what there is, and how long it takes
  $ netwright reproduce apples                  one experiment
  $ netwright reproduce training-table --seed 3
  $ netwright reproduce --all --quick           all of them, with less data and fewer epochs

Each prints its table beside the figures of the notes (✓ agrees, ✗ does not; with --quick ~ for what
needs the whole run) and writes its pictures to --out. Exit code 1 when a figure does not agree.
${dataHelp}
Ctrl-C stops after the current step; a second one at once.`

export function addReproduceCommand(program: Command): void {
  const command = program
    .command('reproduce')
    .description("run the experiments of 'Deep Learning from Scratch'")
    .argument('[experiments...]', 'names, see --list', checkName)
    .option('--list', 'list the experiments')
    .option('--all', 'run all of them')
    .option('--quick', 'less data and fewer epochs: seconds instead of minutes')
    .option('--seed <n>', 'seed of everything random', seed, 1)
    .option('--out <dir>', 'folder for the pictures', 'reproduced')
  addDataOption(addRunOptions(command)).addHelpText('after', help).action(runReproduce)
}

function checkName(name: string, earlier: readonly string[] = []): readonly string[] {
  if (experiments.some((experiment) => experiment.name === name)) return [...earlier, name]
  throw new InvalidArgumentError(`There is no such experiment; netwright reproduce --list names all.`)
}

async function runReproduce(names: readonly string[], options: ReproduceOptions): Promise<void> {
  if (options.list) {
    process.stdout.write(`${listText()}\n`)
    return
  }
  const chosen = options.all ? experiments : experiments.filter(({ name }) => names.includes(name))
  if (chosen.length === 0) {
    throw new UsageError('Name an experiment (netwright reproduce --list), or give --all.')
  }
  const backend = chooseBackend(options)
  await prepareOutFolder(options.out)
  const interrupt = listenForInterrupt()
  const cache: DigitsCache = new Map()
  const failures: string[] = []
  try {
    for (const experiment of chosen) {
      if (interrupt.signal.aborted) break
      process.stdout.write(`${experiment === chosen[0] ? '' : '\n'}${headingOf(experiment)}\n\n`)
      const { lab, findings } = createLab(experiment, options, backend, interrupt.signal, cache)
      await experiment.run(lab).catch((error: unknown) => {
        if (!interrupt.signal.aborted) throw error
      })
      if (findings.pictures.length > 0) process.stdout.write(`\npictures: ${findings.pictures.join(' ')}\n`)
      failures.push(...findings.failures.map((failure) => `${experiment.name}: ${failure}`))
    }
  } finally {
    interrupt.release()
  }
  if (interrupt.signal.aborted) {
    process.stderr.write('Stopped.\n')
    process.exitCode = 130
  } else if (failures.length > 0) {
    process.stderr.write(`\n${failures.length} ${failures.length === 1 ? 'figure does' : 'figures do'} not agree:\n`)
    process.stderr.write(`${failures.map((failure) => `  ${failure}`).join('\n')}\n`)
    process.exitCode = 1
  }
}

const rowsText = ({ rows }: Experiment): string => `${rows.length === 1 ? 'row' : 'rows'} ${rows.join(', ')}`

const headingOf = (experiment: Experiment): string =>
  `── ${experiment.name}: ${experiment.title} (${rowsText(experiment)})`

function listText(): string {
  return textTable(
    experiments.map((experiment) => [experiment.name, experiment.title, experiment.takes, rowsText(experiment)]),
    4,
  ).join('\n')
}
