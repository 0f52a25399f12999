// Where the files of a well-known data set may be, and how they get there.

import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { describe, netwrightError, requireFlag, withRemedies } from '../errors.js'
import { cacheFolder } from '../files/cache-folder.js'
import type { Checksum } from '../files/checksum.js'
import { type DownloadProgress, download } from '../files/download.js'
import { setting } from '../platform.js'

/** Options of every data set that can be downloaded. */
export interface DownloadableOptions {
  /** Folder with the files. Default: the places that the function names. */
  readonly dir?: string
  /**
   * Fetches what is found nowhere, into `dir` or else into the cache: the folder that NETWRIGHT_CACHE names, or
   * `netwright` in the user's folder of caches (~/.cache, ~/Library/Caches, %LOCALAPPDATA%). Default false.
   */
  readonly download?: boolean
  /** Addresses of folders to download from, tried in this order. Default: the known ones. */
  readonly mirrors?: readonly string[]
  /** Told of the bytes of each file that is downloaded, as they come. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** Ends a download; what has come is kept for the next one. */
  readonly signal?: AbortSignal
}

export const downloadableOptions = ['dir', 'download', 'mirrors', 'onProgress', 'signal']

/** A data set that consists of a few files. */
export interface Collection<Part extends string> {
  /** `MNIST`. */
  readonly title: string
  /** `mnist`: the function that reads it. */
  readonly name: string
  /** Its folder in the cache, and in the folder that NETWRIGHT_DATA names. */
  readonly folder: string
  /** Places of its own, between NETWRIGHT_DATA and the cache. */
  readonly otherPlaces: () => readonly Place[]
  /** How to get it without `download`. */
  readonly installCommand?: string
  /** The spellings of each file; the first one stands in errors. */
  readonly parts: Readonly<Record<Part, readonly string[]>>
  /** Folders within a place in which the files may be; '' is the place itself. */
  readonly inside: readonly string[]
  readonly fetch: (folder: string, missing: readonly Part[], options: DownloadableOptions) => Promise<void>
}

export interface Place {
  readonly label: string
  /** Undefined: there is none here. */
  readonly folder: string | undefined
  /** Why there is none. */
  readonly why?: string
}

type Paths<Part extends string> = Readonly<Record<Part, string>>

/** The path of each part. Throws ERR_DATA, naming every place looked at, and ERR_ARGUMENT for options of wrong types. */
export async function findFiles<Part extends string>(
  collection: Collection<Part>,
  options: DownloadableOptions,
): Promise<Paths<Part>> {
  checkDownloadable(collection.name, options)
  const { dir } = options
  const cache = join(cacheFolder(), collection.folder)
  const places: readonly Place[] =
    dir === undefined
      ? [...dataPlaces(collection.folder), ...collection.otherPlaces(), { label: 'cache', folder: cache }]
      : [{ label: 'dir', folder: resolve(dir) }]
  const looked: string[] = []
  for (const { label, folder, why } of places) {
    if (folder === undefined) {
      looked.push(`${label} (${why})`)
      continue
    }
    for (const inside of collection.inside) {
      const { found, missing } = filesIn(collection, join(folder, inside))
      if (missing.length === 0) return found as Paths<Part>
      if (missing.length === Object.keys(collection.parts).length) continue
      const names = missing.map((part) => collection.parts[part][0]).join(', ')
      // Never silently another data set.
      if (options.download !== true)
        throw notFound(collection, dir, `is incomplete in ${join(folder, inside)} (${label}): ${names} missing`)
    }
    looked.push(`${folder} (${label}${isFolder(folder) ? '' : ', no such folder'})`)
  }
  if (options.download === true) {
    const folder = dir === undefined ? cache : resolve(dir)
    await collection.fetch(folder, filesIn(collection, folder).missing, options)
    return findFiles(collection, { ...options, dir: folder, download: false })
  }
  const names = Object.values<readonly string[]>(collection.parts).map(([spelling]) => spelling)
  throw notFound(collection, dir, `not found. Looked for ${names.join(', ')} in ${looked.join(', then in ')}`)
}

function notFound<Part extends string>(
  { title, name, installCommand }: Collection<Part>,
  dir: string | undefined,
  problem: string,
): Error {
  const install = installCommand === undefined ? '' : `${installCommand} or `
  return withRemedies(netwrightError('ERR_DATA', `${title} ${problem}`), {
    download: `get the files with ${install}${name}({ download: true })`,
    dir: dir === undefined ? 'or give dir, their folder' : 'or give another dir',
  })
}

function checkDownloadable(name: string, { dir, download, mirrors }: DownloadableOptions): void {
  if (dir !== undefined && typeof dir !== 'string') {
    throw netwrightError('ERR_ARGUMENT', `${name}: dir is ${describe(dir)}, expected the path of a folder`, 'TypeError')
  }
  if (download !== undefined) requireFlag(`${name}: download`, download)
  const isList = (list: unknown) => Array.isArray(list) && list.length > 0 && list.every((url) => URL.canParse(url))
  if (mirrors === undefined || isList(mirrors)) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${name}: mirrors is ${describe(mirrors)}, expected a list of addresses`,
    'TypeError',
  )
}

/** The data set's own folder in NETWRIGHT_DATA; for the digits, whose place it was before there were others, itself too. */
function dataPlaces(folder: string): readonly Place[] {
  const label = 'NETWRIGHT_DATA'
  const base = setting('NETWRIGHT_DATA')
  if (base === undefined) return [{ label, folder: undefined, why: 'not set' }]
  const own = { label, folder: resolve(base, folder) }
  return folder === 'mnist' ? [{ label, folder: resolve(base) }, own] : [own]
}

function filesIn<Part extends string>({ parts }: Collection<Part>, folder: string) {
  const found: Partial<Record<Part, string>> = {}
  const missing: Part[] = []
  for (const [part, spellings] of Object.entries(parts) as [Part, readonly string[]][]) {
    const path = spellings.map((name) => join(folder, name)).find(existsSync)
    if (path === undefined) missing.push(part)
    else found[part] = path
  }
  return { found, missing }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The folder `inside` an npm package, as seen from the program's folder or from this module. */
export function packagePlace(name: string, inside: string): Place {
  const label = `npm package ${name}`
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return { label, folder: join(dirname(createRequire(from).resolve(`${name}/package.json`)), inside) }
    } catch {
      // Not installed there: the next place may have it.
    }
  }
  return { label, folder: undefined, why: 'not installed' }
}

/** Fetches `file` from the folders `mirrors` into `folder`. */
export async function fetchFile(
  folder: string,
  file: { readonly name: string; readonly checksum: Checksum; readonly maxBytes: number },
  mirrors: readonly string[],
  { onProgress, signal }: DownloadableOptions,
): Promise<void> {
  const urls = mirrors.map((mirror) => new URL(file.name, mirror.endsWith('/') ? mirror : `${mirror}/`).href)
  const { checksum, maxBytes } = file
  await download(urls, join(folder, file.name), {
    checksum,
    maxBytes,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  })
}
