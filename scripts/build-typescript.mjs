// Builds dist/: tsc for the library, then esbuild for the command line, with its libraries inside, so that the package
// has no run-time dependencies. Does nothing when no input changed since the last complete build (--force: builds).

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)
const path = (...parts) => join(root, ...parts)
const slashes = (name) => name.split(sep).join('/')

function files(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => slashes(relative(folder, join(entry.parentPath, entry.name))))
    .sort()
}

const sources = files(path('src')).filter((name) => name.endsWith('.ts'))
const stamp = path('build/typescript.sha256')
const commandLine = { source: 'cli/netwright.ts', output: 'dist/cli/netwright.js' }
const licences = 'dist/THIRD-PARTY-LICENSES.txt'

/** What dist/ is made of: contents, since dates change with every checkout. */
function fingerprint() {
  const hash = createHash('sha256')
  const others = ['tsconfig.json', 'package-lock.json', 'scripts/build-typescript.mjs']
  for (const name of [...sources.map((source) => `src/${source}`), ...others]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(path(name)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** What tsc writes for a source file, without its extension. */
const stem = (source) => source.slice(0, -'.ts'.length)
const inCommandLine = (name) => name.startsWith('cli/')
const isComplete = () =>
  sources.every((source) => inCommandLine(source) || existsSync(path('dist', `${stem(source)}.js`))) &&
  (!sources.includes(commandLine.source) || existsSync(path(commandLine.output)))

function compile() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: root, stdio: 'inherit' })
  return status === 0
}

/** Removes what an earlier build left for sources that are gone; tsc writes the rest over. */
function removeStale() {
  const stems = new Set(sources.filter((source) => !inCommandLine(source)).map(stem))
  for (const name of files(path('dist'))) {
    if (!stems.has(name.replace(/(\.d\.ts|\.js)(\.map)?$/, '')) && `dist/${name}` !== commandLine.output) {
      rmSync(path('dist', name))
    }
  }
}

/** Answers the packages that went into the bundle, as folders in node_modules. */
async function bundle() {
  const { build } = await import('esbuild')
  const folder = dirname(path('src', commandLine.source))
  const libraryStaysOutside = {
    name: 'library-stays-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path: specifier, resolveDir }) => {
        const inSource = relative(path('src'), join(resolveDir, specifier))
        const isLibrary = slashes(resolveDir).startsWith(slashes(folder)) && !inCommandLine(slashes(inSource))
        return isLibrary ? { path: slashes(join('..', inSource)), external: true } : undefined
      })
    },
  }
  const { metafile } = await build({
    entryPoints: [path('src', commandLine.source)],
    outfile: path(commandLine.output),
    bundle: true,
    allowOverwrite: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
    external: ['netwright'],
    plugins: [libraryStaysOutside],
    // Bundled CommonJS packages call require('node:…'), which an ES module does not have.
    banner: {
      js: "import { createRequire as createBundleRequire } from 'node:module'\nconst require = createBundleRequire(import.meta.url)",
    },
  })
  chmodSync(path(commandLine.output), 0o755)
  const packages = Object.keys(metafile.inputs).flatMap(
    (input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? [],
  )
  return [...new Set(packages)].sort()
}

function writeLicences(packages) {
  const sections = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path(folder, 'package.json'), 'utf8'))
    const file = readdirSync(path(folder)).find((candidate) => /^(licen[cs]e|copying)/i.test(candidate))
    if (file === undefined) throw new Error(`${name} is bundled into dist/, but its package has no licence file`)
    return `${name} ${version} (${license})\n\n${readFileSync(path(folder, file), 'utf8').trim()}\n`
  })
  const head = 'The netwright command line (dist/cli/netwright.js) contains these packages.\n'
  writeFileSync(path(licences), [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`))
}

const current = fingerprint()
const last = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (current !== last || !isComplete() || process.argv.includes('--force')) {
  rmSync(stamp, { force: true })
  let ok = compile()
  removeStale()
  if (sources.includes(commandLine.source)) {
    try {
      writeLicences(await bundle())
    } catch (error) {
      ok = false
      // esbuild has printed its own errors.
      if (error.errors === undefined) throw error
    }
  } else {
    console.error(`netwright: src/${commandLine.source} is not there yet, so dist/ has no command line`)
  }
  if (ok) {
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, current)
  } else {
    process.exitCode = 1
  }
}
