// Bundles the library for browsers: dist/browser/netwright.js, one file with the WebAssembly module inside. What only Node
// has becomes functions that say so. Part of scripts/build-typescript.mjs.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { deflateRawSync } from 'node:zlib'

export const browserBundle = 'dist/browser/netwright.js'
/** Goes in where it was built. */
export const wasmModule = 'prebuilds/netwright.wasm'
/** In src/: what is another one in a browser, and the other one. */
const replaced = {
  'platform.ts': 'browser/platform.ts',
  'kernels/native/load.ts': 'browser/no-addon.ts',
  'kernels/wasm/module-bytes.ts': 'browser/module-bytes.ts',
}

/** In src/: what makes no sense without files or a server. Their functions are all asynchronous. */
const ofNode = [
  ...['data/cifar10.ts', 'data/fashion-mnist.ts', 'data/kmnist.ts', 'data/mnist.ts'],
  ...['data/csv.ts', 'data/idx.ts', 'data/images/image-folder.ts', 'data/images/read-image.ts', 'data/npy.ts'],
  ...['live/live-page.ts', 'report/write-picture.ts', 'run-report/write-report.ts'],
  ...['train/callbacks/csv-logger.ts', 'train/callbacks/tensor-board.ts'],
]

/** A module whose exports throw when they are used, or reject. `title`: what errors call each. */
function throwing(exports) {
  const lines = exports.map(({ name, title = name, rejects = false }) => {
    const make = rejects ? 'nodePromise' : 'nodeFunction'
    return `export const ${name} = /* @__PURE__ */ ${make}(${JSON.stringify(title)})`
  })
  return `import { nodeFunction, nodePromise } from './node-only.js'\n${lines.join('\n')}`
}

/** The names that a module of Node's exports. */
const namesOf = async (module) => Object.keys(await import(module)).filter((name) => name !== 'default')

/** The names that each of `modules`, files of src/, exports. */
async function exportsOf(source, modules) {
  const { build } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: modules.map((name) => join(source, name)),
    outdir: source,
    absWorkingDir: source,
    write: false,
    metafile: true,
  })
  return Object.fromEntries(Object.values(metafile.outputs).map(({ entryPoint, exports }) => [entryPoint, exports]))
}

/**
 * Bundles src/index.ts of the package at `root`. `libraries` maps each bundled library, a file of src/, to its exports, or
 * to undefined where it runs in browsers as it is: from its own file, when it is first needed. Answers what went in, as
 * esbuild's metafile.
 */
export async function bundleForBrowsers(root, libraries) {
  const { build } = await import('esbuild')
  const source = join(root, 'src')
  const ours = await exportsOf(source, ofNode)
  const inSource = (path) => relative(source, path).split(sep).join('/')
  const forBrowsers = {
    name: 'for-browsers',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'node-only' }))
      onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir, namespace }) => {
        if (namespace !== 'file') return undefined
        const imported = inSource(join(resolveDir, path)).replace(/\.js$/, '.ts')
        if (imported in replaced) return { path: join(source, replaced[imported]) }
        if (imported in ours || libraries[imported] !== undefined) return { path: imported, namespace: 'node-only' }
        if (!(imported in libraries)) return undefined
        return { path: `../${imported.replace(/\.ts$/, '.js')}`, external: true }
      })
      onLoad({ filter: /.*/, namespace: 'node-only' }, async ({ path }) => {
        const exports =
          ours[path]?.map((name) => ({ name, rejects: !/^[A-Z]/.test(name) })) ??
          libraries[path]?.map((name) => ({ name, title: `${name} of ${basename(path, '.ts')}` })) ??
          (await namesOf(path)).map((name) => ({ name, title: `${name} of ${path}` }))
        return { contents: throwing(exports), resolveDir: join(source, 'browser') }
      })
      onResolve({ filter: /\.wasm$/ }, () => ({ path: join(root, wasmModule), namespace: 'wasm' }))
      onLoad({ filter: /.*/, namespace: 'wasm' }, ({ path }) =>
        existsSync(path)
          ? { contents: deflateRawSync(readFileSync(path), { level: 9 }), loader: 'binary' }
          : { contents: 'export default undefined' },
      )
    },
  }
  const { metafile } = await build({
    entryPoints: [join(source, 'index.ts')],
    outfile: join(root, browserBundle),
    bundle: true,
    minify: true,
    // Layers and losses go by their classes' names.
    keepNames: true,
    legalComments: 'none',
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    plugins: [forBrowsers],
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
  })
  return metafile
}
