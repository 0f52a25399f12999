// `netwright summary`: a model as a table, as JSON, or as a picture of its graph.

import { type Command, Option } from 'commander'
import { writeFileAtomically } from '../files/write-file.js'
import { summarise } from '../model/summary.js'
import { findModel, modelHelp } from './model-source.js'
import { count, integer, outFile } from './options.js'
import { refuseOverwriting } from './output-files.js'
import { chooseBackend } from './run-options.js'

interface SummaryCommandOptions {
  readonly batchSize: number
  readonly hidden?: number
  readonly json?: true
  readonly dot?: true
  readonly svg?: string
}

const help = `
Examples:
  $ netwright summary convnet
  $ netwright summary net.json --batch-size 128
  $ netwright summary model.safetensors --json | jq .parameters
  $ netwright summary deep-conv --dot | dot -Tpng > deep-conv.png
  $ netwright summary deep-conv --svg deep-conv.svg

${modelHelp}`

export function addSummaryCommand(program: Command): void {
  program
    .command('summary')
    .description('layers, shapes, parameters and memory of a model')
    .argument('<model>', 'a name, a JSON file, or a saved model')
    .option('--batch-size <n>', 'samples in a training step, for its memory', count, 32)
    .option('--hidden <n>', 'neurons of the hidden layer of a model by name', integer(1, 65_536))
    .addOption(new Option('--json', 'print one line of JSON').conflicts('dot'))
    .option('--dot', "print the graph in Graphviz's language")
    .option('--svg <file>', 'draw the graph to a file', outFile)
    .addHelpText('after', help)
    .action(summary)
}

async function summary(name: string, options: SummaryCommandOptions): Promise<void> {
  const { batchSize, hidden, json, dot, svg } = options
  refuseOverwriting([['--svg', svg]], [['the model', name]])
  const source = await findModel(name, { seed: 0, backend: chooseBackend({}), hidden })
  const { model, inputShape } = source.open()
  model.seal([inputShape])
  if (svg !== undefined) await writeFileAtomically(svg, [Buffer.from(await model.toSVG())])
  if (dot) process.stdout.write(model.toDOT())
  else if (json) {
    const figures = summarise(model.requireSealed(), model.backend.real, batchSize)
    process.stdout.write(`${JSON.stringify({ model: name, ...figures })}\n`)
  } else process.stdout.write(`${model.summary({ batchSize })}\n`)
}
