#!/usr/bin/env node
// The command line: `netwright <command>`. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.

import { Command, CommanderError } from 'commander'
import { packageVersion } from '../version.js'
import { addBuildCommand } from './build-command.js'
import { addDoctorCommand } from './doctor/doctor-command.js'
import { UsageError } from './errors.js'
import { addEvaluateCommand } from './evaluate-command.js'
import { inFlags } from './in-flags.js'
import { addMnistCommand } from './mnist-command.js'
import { addPredictCommand } from './predict/predict-command.js'
import { addReproduceCommand } from './reproduce-command.js'
import { addSummaryCommand } from './summary-command.js'
import { terminalText } from './terminal-text.js'
import { addTrainCommand } from './train-command.js'

const usageExitCode = 2

const help = `
Examples:
  $ netwright train --model mlp --epochs 5 --save mlp.safetensors
  $ netwright evaluate mlp.safetensors
  $ netwright predict mlp.safetensors digit.png
  $ netwright summary convnet
  $ netwright mnist --epochs 3
  $ netwright reproduce --list
  $ netwright doctor

netwright <command> --help lists a command's options, with more examples.`

function createProgram(): Command {
  const program = new Command('netwright')
  program
    .description('Neural-network training for Node.js')
    .version(packageVersion)
    .exitOverride()
    // Suggestions come on a line of their own, and an error is one line.
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll('\n', ' ')}\n`) })
    .addHelpText('after', help)
  addTrainCommand(program)
  addEvaluateCommand(program)
  addPredictCommand(program)
  addSummaryCommand(program)
  addMnistCommand(program)
  addReproduceCommand(program)
  addDoctorCommand(program)
  addBuildCommand(program)
  return program
}

/** A reader that goes away, as in `netwright mnist | head -1`, is no error; a full disk is one, told in a line. */
function endWithOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      if (stream === process.stdout) process.stderr.write(oneLine(error))
      process.exit(1)
    })
  }
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? inFlags(error) : String(error)
  return `error: ${terminalText(message.replace(/\s*\n\s*/g, ' '))}\n`
}

async function main(): Promise<void> {
  endWithOutput()
  try {
    await createProgram().parseAsync()
  } catch (error) {
    // Commander has printed its message already; help and version end with exit code 0.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : usageExitCode
      return
    }
    process.stderr.write(oneLine(error))
    process.exitCode = error instanceof UsageError ? usageExitCode : 1
    // What went wrong inside netwright or Node is to be reported with its place.
    if (error instanceof Error && !('code' in error) && !(error instanceof UsageError)) console.error(error.stack)
  }
}

void main()
