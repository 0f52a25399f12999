// Finds and loads the compiled addon. The only place that knows where it lies.

import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { netwrightError } from '../../errors.js'
import { setting } from '../../platform.js'
import { declarations, fingerprint } from '../declarations.js'
import type { Addon } from './addon.js'

const require = createRequire(import.meta.url)
/** With package.json, dist/, prebuilds/, native/; in a clone src/ as well. */
export const packageRoot = fileURLToPath(new URL('../../..', import.meta.url))

/** A file that was tried; `reason`: why it is not the addon. */
export interface AddonTry {
  readonly path: string
  readonly reason: string | undefined
}

/** Not where Node's permissions forbid to look, either. */
function isThere(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}

/** `linux-x64`, `linux-x64-musl`, `darwin-arm64`, …: what a prebuilt addon is named after. */
export function targetName(): string {
  return `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`
}

/** Whether this Node runs on musl, as on Alpine. Only asked in full where there is a musl: the report takes milliseconds. */
function isMusl(): boolean {
  const cpu = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]
  if (process.platform !== 'linux' || !isThere(`/lib/ld-musl-${cpu}.so.1`)) return false
  const { header } = process.report.getReport() as unknown as { readonly header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined
}

/** The addon may lie in one place: where it was built, or where the package carries it; or where the setting says. */
export function addonPath(): string {
  const named = setting('NETWRIGHT_ADDON')
  return named === undefined ? join(packageRoot, 'prebuilds', `${targetName()}.node`) : resolve(named)
}

/** The processors of ELF headers. */
const elfMachines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 }

/**
 * What an ELF header says against loading its file: one that ends early would kill the process, and of one for another
 * processor the loader says that there is no such file.
 */
function headerProblem(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    const header = new DataView(new ArrayBuffer(64))
    const read = readSync(file, new Uint8Array(header.buffer), 0, 64, 0)
    if (read < 64) return 'the file is cut short'
    if (header.getUint32(0) !== 0x7f454c46) return undefined
    const machine = header.getUint16(18, true)
    if (machine !== elfMachines[process.arch]) {
      const name = Object.keys(elfMachines).find((arch) => elfMachines[arch] === machine) ?? 'another processor'
      return `the file is built for ${name}, this is ${process.arch}`
    }
    const sectionsEnd = Number(header.getBigUint64(40, true)) + header.getUint16(58, true) * header.getUint16(60, true)
    return sectionsEnd > fstatSync(file).size ? 'the file is cut short' : undefined
  } finally {
    closeSync(file)
  }
}

function tryPath(path: string): Addon | string {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return 'no such file'
    if (!found.isFile()) return 'it is no file'
    // By any other name it would be run as JavaScript.
    if (!path.endsWith('.node')) return 'its name does not end in .node'
    const problem = headerProblem(path)
    if (problem !== undefined) return problem
    const addon = require(path) as Partial<Addon>
    const expected = fingerprint(declarations)
    if (addon.fingerprint === expected) return addon as Addon
    return `built from other kernel declarations (${addon.fingerprint ?? 'none'}, expected ${expected})`
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  }
}

/** Whether a bundler put this module into a file of its own, where nothing lies beside it. */
const isBundled = !/\/kernels\/native\/load\.[jt]s$/.test(import.meta.url)

/** What helps. */
function remedy(): string {
  if (isBundled) {
    return (
      'netwright stands in a bundle, which leaves its addon behind: keep it outside (esbuild: --external:netwright; ' +
      "webpack, Rollup, Vite: external: ['netwright']), or set NETWRIGHT_ADDON to the addon."
    )
  }
  if (setting('NETWRIGHT_ADDON') !== undefined)
    return 'NETWRIGHT_ADDON names it: name a file that is an addon, or unset it.'
  const command = isThere(join(packageRoot, 'src')) ? 'npm run build:native' : 'npx netwright build'
  return `Build it with: ${command}. It needs a C++17 compiler, and CMake or Python 3 with make.`
}

let loaded: { readonly addon: Addon | Error; readonly tried: AddonTry } | undefined

function load(): { readonly addon: Addon | Error; readonly tried: AddonTry } {
  const path = addonPath()
  const found = tryPath(path)
  if (typeof found !== 'string') return { addon: found, tried: { path, reason: undefined } }
  const message = `netwright's native addon is not available (${path}: ${found}). ${remedy()}`
  return { addon: netwrightError('ERR_BACKEND', message), tried: { path, reason: found } }
}

/** The addon, or the error that says why there is none. Loaded once. */
export function tryAddon(): Addon | Error {
  loaded ??= load()
  return loaded.addon
}

/** Where the addon was looked for, and what was wrong with what lay there. */
export function addonTried(): AddonTry {
  loaded ??= load()
  return loaded.tried
}

/** The addon; throws ERR_BACKEND with the reasons and the cure. */
export function requireAddon(): Addon {
  const addon = tryAddon()
  if (addon instanceof Error) throw addon
  return addon
}
