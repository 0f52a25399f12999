// `netwright build`: the native addon from the sources that the package carries, for systems that it has no addon for.
// What building takes besides a compiler is fetched from the npm registry into the cache, not into the user's project.

import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { netwrightError } from '../errors.js'
import { cacheFolder } from '../files/cache-folder.js'
import { packageRoot, targetName } from '../kernels/native/load.js'
import { packageVersion } from '../version.js'

interface BuildOptions {
  readonly verbose?: true
}

const help = `
Needs a C++17 compiler (Debian, Ubuntu: apt install g++ make; macOS: xcode-select --install; Windows: Visual Studio Build
Tools with C++), CMake, or Python 3 and make in its place, and the npm registry for the tools cmake-js and node-gyp, which
go to netwright's folder of caches. Takes about a minute. Then: netwright doctor.`

/** Parts of the package that an addon is made from. */
const sources = [
  ...['native', 'CMakeLists.txt', 'dist'],
  ...['scripts/build-native.mjs', 'scripts/generate-kernels.mjs', 'scripts/on-path.mjs'],
]
const tools = ['cmake-js', 'node-gyp', 'node-addon-api', 'node-api-headers']

export function addBuildCommand(program: Command): void {
  program
    .command('build')
    .description('build the native addon in place, where the package has none for this system')
    .option('--verbose', "show the compiler's commands")
    .addHelpText('after', help)
    .action(build)
}

function build({ verbose }: BuildOptions): void {
  const parameters = verbose ? ['--verbose'] : []
  if (existsSync(join(packageRoot, 'src'))) {
    // A clone has its tools.
    run('the build', process.execPath, [join(packageRoot, 'scripts/build-native.mjs'), ...parameters], packageRoot)
    return
  }
  const folder = join(cacheFolder(), `build-${packageVersion}`)
  try {
    prepare(folder)
    run('the build', process.execPath, [join(folder, 'scripts/build-native.mjs'), ...parameters], folder)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  install(join(folder, 'prebuilds', `${targetName()}.node`))
  rmSync(folder, { recursive: true, force: true })
}

/** A folder with the sources and, from npm, the tools. */
function prepare(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const source of sources) cpSync(join(packageRoot, source), join(folder, source), { recursive: true })
  const { devDependencies, binary } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
    readonly binary: object
  }
  const dependencies = Object.fromEntries(tools.map((name) => [name, devDependencies[name]]))
  const manifest = { name: 'netwright-build', private: true, type: 'module', binary, dependencies }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2))
  console.error(`netwright: fetching ${tools.join(', ')} into ${folder}`)
  const parameters = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  if (npm?.endsWith('npm-cli.js')) run('npm', process.execPath, [npm, ...parameters], folder)
  else run('npm', 'npm', parameters, folder)
}

/** Puts the addon into the package in one move: a process may have an old one mapped. */
function install(built: string): void {
  const place = join(packageRoot, 'prebuilds', `${targetName()}.node`)
  const temporary = `${place}.${process.pid}`
  try {
    mkdirSync(dirname(place), { recursive: true })
    copyFileSync(built, temporary)
    renameSync(temporary, place)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw netwrightError(
      'ERR_FILE',
      `${place}: the addon cannot be put there (${(error as Error).message}). It is ${built}: copy it yourself, or name ` +
        'it in the environment variable NETWRIGHT_ADDON.',
    )
  }
  console.error(`netwright: ${place}`)
}

/** Runs a program, whose output the user sees. */
function run(what: string, program: string, parameters: readonly string[], cwd: string): void {
  // npm is a batch file on Windows, which needs a shell; none of the parameters has anything that a shell would read.
  const shell = process.platform === 'win32' && program === 'npm'
  const { status, signal, error } = spawnSync(program, parameters, { cwd, stdio: 'inherit', shell })
  if (status === 0) return
  throw netwrightError('ERR_BACKEND', `${what} failed: ${error?.message ?? signal ?? `exit code ${status}`}`)
}
