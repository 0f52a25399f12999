// Builds dist/: tsc for the library, then esbuild for the command line, for the folders called libraries, for the live page
// and for the whole library in browsers, with other packages' code inside, so that the package has no run-time
// dependencies. Does nothing when no input changed since the last complete build (--force: builds).

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { browserBundle, bundleForBrowsers, wasmModule } from './bundle-browser.mjs'

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

const inSource = files(path('src'))
/** Runs in browsers: one HTML file with everything in it. */
const livePage = { folder: 'live/page/', output: 'live/page.html' }
const inNode = inSource.filter((name) => !name.startsWith(livePage.folder) && !name.startsWith('browser/'))
const sources = inNode.filter((name) => name.endsWith('.ts'))
/** Fonts: copied as they are. */
const assets = inNode.filter((name) => !name.endsWith('.ts'))
const stamp = path('build/typescript.sha256')
const commandLine = { source: 'cli/netwright.ts', output: 'dist/cli/netwright.js' }
/** Each re-exports what netwright uses of one package; tsc's output of it is replaced by a bundle. */
const libraries = sources.filter((name) => name.includes('/libraries/'))
/** These ask for nothing of Node, and draw in browsers too. */
const drawing = ['dagre', 'echarts', 'fast-png'].map((name) => `report/libraries/${name}.ts`)
const licences = 'dist/THIRD-PARTY-LICENSES.txt'
const fontLicences = assets.filter((name) => name.endsWith('-licence.txt'))

/** What dist/ is made of: contents, since dates change with every checkout. */
function fingerprint() {
  const hash = createHash('sha256')
  const scripts = ['scripts/build-typescript.mjs', 'scripts/bundle-browser.mjs']
  const others = ['tsconfig.json', 'package.json', 'package-lock.json', ...scripts, wasmModule]
  const inputs = [...inSource.map((source) => `src/${source}`), ...others]
  for (const name of inputs.filter((input) => existsSync(path(input)))) {
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
  assets.every((asset) => existsSync(path('dist', asset))) &&
  existsSync(path('dist', livePage.output)) &&
  existsSync(path(browserBundle)) &&
  (!sources.includes(commandLine.source) || existsSync(path(commandLine.output)))

/** Comments go into the declarations, where editors show them, and not into the JavaScript: a fifth of its bytes. */
function compile() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const run = (...flags) =>
    spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json', ...flags], { cwd: root, stdio: 'inherit' }).status === 0
  return run('--removeComments', '--declaration', 'false') && run('--emitDeclarationOnly')
}

/** Removes what an earlier build left for sources that are gone; tsc writes the rest over. */
function removeStale() {
  const stems = new Set(sources.filter((source) => !inCommandLine(source)).map(stem))
  for (const name of files(path('dist'))) {
    const isOurs = stems.has(name.replace(/(\.d\.ts|\.js)$/, '')) || assets.includes(name) || name === livePage.output
    if (!isOurs && ![commandLine.output, browserBundle].includes(`dist/${name}`)) rmSync(path('dist', name))
  }
}

/** Removes the declarations of what no entry's types lead to, since nobody can import it: a third of their bytes. */
function removeInnerTypes() {
  const reached = new Set()
  const reach = (file) => {
    if (reached.has(file) || !existsSync(file)) return
    reached.add(file)
    const imports = readFileSync(file, 'utf8').matchAll(/(?:from |import\()["'](\.[^"']+)\.js["']/g)
    for (const [, imported] of imports) reach(join(dirname(file), `${imported}.d.ts`))
  }
  const { exports } = JSON.parse(readFileSync(path('package.json'), 'utf8'))
  for (const { types } of Object.values(exports)) if (types !== undefined) reach(path(types))
  const inner = files(path('dist')).filter((name) => name.endsWith('.d.ts') && !reached.has(path('dist', name)))
  for (const name of inner) rmSync(path('dist', name))
}

function copyAssets() {
  for (const asset of assets) {
    mkdirSync(dirname(path('dist', asset)), { recursive: true })
    copyFileSync(path('src', asset), path('dist', asset))
  }
}

/** The packages, as folders in node_modules, that went into a bundle. */
const packagesIn = ({ inputs }) =>
  Object.keys(inputs).flatMap((input) => input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? [])

/** What is CommonJS inside a bundle requires modules of Node. */
const requireBanner =
  "import { createRequire as createBundleRequire } from 'node:module'\nconst require = createBundleRequire(import.meta.url)"

/** Bundles libraries, each into one file. Answers esbuild's metafile. */
async function bundleLibraries(names, options) {
  const { build } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: names.map((name) => path('src', name)),
    outdir: path('dist'),
    outbase: path('src'),
    bundle: true,
    allowOverwrite: true,
    minify: true,
    // Without its warnings for developers, and without comments: the licences are in one file.
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    format: 'esm',
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
    ...options,
  })
  // No public type refers to theirs, which name packages that users do not have.
  for (const name of names) rmSync(path('dist', `${stem(name)}.d.ts`), { force: true })
  return metafile
}

/** Bundles the libraries, and ours for browsers. Answers the packages that went in. */
async function bundleLibrary() {
  const ofNode = libraries.filter((name) => !drawing.includes(name))
  const node = await bundleLibraries(ofNode, { platform: 'node', target: 'node20.19', banner: { js: requireBanner } })
  const both = await bundleLibraries(drawing, { platform: 'browser', target: 'es2022' })
  const exportsOf = (name) => node.outputs[`dist/${stem(name)}.js`].exports
  const browser = await bundleForBrowsers(root, {
    ...Object.fromEntries(drawing.map((name) => [name, undefined])),
    ...Object.fromEntries(ofNode.map((name) => [name, exportsOf(name)])),
  })
  return [node, both, browser].flatMap(packagesIn)
}

/** Answers the packages that went into the bundle, as folders in node_modules. */
async function bundleCommandLine() {
  const { build } = await import('esbuild')
  const folder = dirname(path('src', commandLine.source))
  const libraryStaysOutside = {
    name: 'library-stays-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path: specifier, resolveDir }) => {
        const imported = relative(path('src'), join(resolveDir, specifier))
        const isLibrary = slashes(resolveDir).startsWith(slashes(folder)) && !inCommandLine(slashes(imported))
        return isLibrary ? { path: slashes(join('..', imported)), external: true } : undefined
      })
    },
  }
  const { metafile } = await build({
    entryPoints: [path('src', commandLine.source)],
    outfile: path(commandLine.output),
    bundle: true,
    allowOverwrite: true,
    minify: true,
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
    banner: { js: requireBanner },
  })
  chmodSync(path(commandLine.output), 0o755)
  return packagesIn(metafile)
}

/** Answers the packages that went into the page, as folders in node_modules. */
async function bundleLivePage() {
  const { build } = await import('esbuild')
  const { metafile, outputFiles } = await build({
    entryPoints: [path('src', livePage.folder, 'main.ts')],
    outdir: path('dist/live'),
    bundle: true,
    write: false,
    minify: true,
    legalComments: 'none',
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
  })
  const textOf = (extension) => outputFiles.find((file) => file.path.endsWith(extension)).text.trim()
  const html = readFileSync(path('src', livePage.folder, 'index.html'), 'utf8')
    .replace('/*STYLE*/', () => textOf('.css'))
    .replace('/*SCRIPT*/', () => textOf('.js'))
  mkdirSync(path('dist/live'), { recursive: true })
  writeFileSync(path('dist', livePage.output), html)
  return packagesIn(metafile)
}

function writeLicences(packages) {
  const sections = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path(folder, 'package.json'), 'utf8'))
    const texts = readdirSync(path(folder)).filter((candidate) => /^(licen[cs]e|copying)/i.test(candidate))
    if (texts.length === 0) throw new Error(`${name} is bundled into dist/, but its package has no licence file`)
    // Apache's licence asks to pass its notice on; ECharts keeps those of code that it took over in licenses/.
    const notices = readdirSync(path(folder)).filter((candidate) => /^notice/i.test(candidate))
    const inside = files(path(folder, 'licenses')).map((name) => `licenses/${name}`)
    const text = [texts[0], ...notices, ...inside].map((file) => readFileSync(path(folder, file), 'utf8').trim())
    return `${name} ${version} (${license})\n\n${text.join('\n\n')}\n`
  })
  const fonts = fontLicences.map((name) => {
    return `dist/${name.replace('-licence.txt', '.ttf')} (OFL-1.1)\n\n${readFileSync(path('src', name), 'utf8').trim()}\n`
  })
  const head = 'The files of dist/ contain these packages and fonts.\n'
  writeFileSync(path(licences), [head, ...[...new Set(sections)].sort(), ...fonts].join(`\n${'-'.repeat(80)}\n\n`))
}

const current = fingerprint()
const last = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (current !== last || !isComplete() || process.argv.includes('--force')) {
  rmSync(stamp, { force: true })
  let ok = compile()
  removeStale()
  removeInnerTypes()
  copyAssets()
  try {
    writeLicences([...(await bundleLibrary()), ...(await bundleLivePage()), ...(await bundleCommandLine())])
  } catch (error) {
    ok = false
    // esbuild has printed its own errors.
    if (error.errors === undefined) throw error
  }
  if (ok) {
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, current)
  } else {
    process.exitCode = 1
  }
}
