// Matrix products against OpenBLAS: which ones, where the library is, and what openblas.cc measured, as rows and text.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildPrograms, isUpToDate, requireCompiler, root } from '../../scripts/native-core.mjs'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { tableText } from '../measure.js'
import { batch, workloads } from '../workloads.js'
import { interpreters } from './list.js'
import { missingLine, type PeerRow } from './report.js'

/** One product on one number of threads; with PeerRow's names, an array of both is what `--json` prints. */
export interface ProductRow
  extends Pick<PeerRow, 'workload' | 'peer' | 'version' | 'threads' | 'medianMs' | 'ratioToNetwright'> {
  /** C (m,n) = A (m,k) · B (k,n), and which of the two is transposed: `100,50,784,NN`. */
  readonly product: string
  /** Whose: a layer of which kind, or none (`cube`). */
  readonly origin: 'Linear' | 'Conv2d' | 'cube'
  readonly isa: string
  /** The core type that OpenBLAS runs as. */
  readonly core: string
  readonly ownMs: number
  readonly flops: number
  /** Multiply-add peak of as many threads in the same run. */
  readonly peakGflops: number
}

interface Product {
  readonly name: string
  readonly origin: ProductRow['origin']
}

/** Forward, weight gradient and, but for first layers, input gradient; for convolutions as im2col would have them. */
export function productsOfNetworks(): readonly Product[] {
  const products = new Map<string, Product>()
  const add = (origin: Product['origin'], ...shape: readonly [number, number, number, string]): void => {
    products.set(shape.join(), { name: shape.join(), origin })
  }
  for (const workload of workloads) {
    const { graph } = workload.model(native()).requireSealed()
    let first = true
    for (const { layer, inputs } of graph.places.map(({ node }) => node)) {
      const [weight, bias] = layer.parameters
      if (weight === undefined || bias === undefined) continue
      const n = bias.size
      const k = weight.size / n
      const m = (batch * layer.multiplyAdds(inputs.map(({ shape }) => shape))) / weight.size
      const origin = layer.kind as 'Linear' | 'Conv2d'
      add(origin, m, n, k, 'NN')
      add(origin, k, n, m, 'TN')
      if (!first) add(origin, m, k, n, 'NT')
      first = false
    }
  }
  return [...products.values()]
}

const cubes: readonly Product[] = [512, 1024, 2048].flatMap((size) =>
  ['NN', 'NT', 'TN'].map((layout): Product => ({ name: [size, size, size, layout].join(), origin: 'cube' })),
)

const install =
  'apt install libopenblas0-openmp, or python3 -m pip install scipy-openblas32 (NETWRIGHT_OPENBLAS: its file)'

/** The library that NETWRIGHT_OPENBLAS names, else one of a Python package, which is newer, else the system's. */
function findLibrary(): string | undefined {
  const given = process.env.NETWRIGHT_OPENBLAS
  if (given) return given
  const ask = 'import sysconfig, site; print("\\n".join([sysconfig.get_path("platlib"), site.getusersitepackages()]))'
  const packages = interpreters().flatMap((interpreter) => {
    const { status, stdout } = spawnSync(interpreter, ['-c', ask], { encoding: 'utf8' })
    return status === 0 ? stdout.trim().split('\n') : []
  })
  const folders = [
    ...['scipy_openblas32/lib', 'numpy.libs'].flatMap((name) => packages.map((folder) => join(folder, name))),
    ...['openmp', 'pthread'].map((kind) => `/usr/lib/x86_64-linux-gnu/openblas-${kind}`),
    ...[
      '/usr/lib/x86_64-linux-gnu',
      '/usr/lib/aarch64-linux-gnu',
      '/usr/lib64',
      '/usr/lib',
      '/opt/homebrew/opt/openblas/lib',
    ],
  ]
  for (const folder of folders.filter(existsSync)) {
    const name = readdirSync(folder).find((file) => /^lib(scipy_)?openblas.*\.(so|so\.0|dylib)$/.test(file))
    if (name !== undefined) return join(folder, name)
  }
  return undefined
}

async function program(): Promise<string> {
  requireCompiler()
  const source = fileURLToPath(new URL('openblas.cc', import.meta.url))
  const folder = join(root, 'build/bench')
  const built = join(folder, 'openblas')
  if (!isUpToDate([built], [source])) await buildPrograms(folder, [source], [], ['-ldl'])
  return built
}

/** What one line of openblas.cc says. */
type Line =
  | { readonly config: string; readonly core: string }
  | Readonly<Record<'threads' | 'ownMs' | 'otherMs' | 'ratio' | 'peakGflops', number> & { product: string }>

async function measure(
  library: string,
  isa: string,
  core: string | undefined,
  threads: readonly number[],
  products: readonly Product[],
  rounds: number,
): Promise<ProductRow[]> {
  const names = products.map(({ name }) => name)
  const child = spawn(await program(), [library, isa, String(rounds), ...threads.map(String), '--', ...names], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(core === undefined ? {} : { OPENBLAS_CORETYPE: core }),
      // Its threads sleep after 2^22 cycles without work, some ms, or they would disturb whoever comes next.
      OPENBLAS_THREAD_TIMEOUT: '22',
      OPENBLAS_NUM_THREADS: String(Math.max(...threads)),
      OMP_NUM_THREADS: String(Math.max(...threads)),
    },
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const rows: ProductRow[] = []
  let [version, coreName] = ['', '']
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line
    if ('config' in line) {
      version = /\d+\.\d+\.\d+/.exec(line.config)?.[0] ?? line.config
      coreName = line.core
      continue
    }
    const [m = 0, n = 0, k = 0] = line.product.split(',').map(Number)
    rows.push({
      workload: `sgemm ${line.product} ${isa}`,
      peer: 'OpenBLAS',
      version,
      threads: line.threads,
      medianMs: line.otherMs,
      ratioToNetwright: line.ratio,
      product: line.product,
      origin: products.find(({ name }) => name === line.product)?.origin ?? 'cube',
      isa,
      core: coreName,
      ownMs: line.ownMs,
      flops: 2 * m * n * k,
      peakGflops: line.peakGflops,
    })
  }
  if ((await ended) !== 0) throw new Error(`openblas.cc: ${errors.trim()}`)
  return rows
}

/** OpenBLAS' kernels of the same width as an ISA's: what it should run as, whatever it picks for a CPU it does not know. */
const coreOf: Readonly<Record<string, string>> = { avx512: 'SkylakeX', avx2: 'Haswell' }

/**
 * The best ISA against the core type that OpenBLAS picks, on one thread and all; then, on one thread, each ISA against
 * OpenBLAS' kernels of the same width where those are others.
 */
export async function compareProducts(rounds: number, remark: (line: string) => void): Promise<ProductRow[]> {
  const library = findLibrary()
  if (library === undefined) {
    remark(missingLine('OpenBLAS', 'the library', install))
    return []
  }
  const best = native()
  const products = [...productsOfNetworks(), ...cubes]
  const rows = await measure(library, best.isa, undefined, [...new Set([1, best.threads])], products, rounds)
  const picked = rows[0]?.core
  for (const [isa, core] of Object.entries(coreOf)) {
    if (!availableIsas().includes(isa) || (isa === best.isa && core === picked)) continue
    rows.push(...(await measure(library, isa, core, [1], products, rounds)))
  }
  return rows
}

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/** Products line by line, then what they come to. */
export function productsText(rows: readonly ProductRow[]): string {
  const lines = rows.map((row) => [
    `${row.product} ${row.origin}`,
    `${row.isa}, ${row.core}`,
    String(row.threads),
    row.ownMs.toPrecision(3),
    row.medianMs.toPrecision(3),
    `${((100 * row.flops) / row.ownMs / 1e6 / row.peakGflops).toFixed(0)} %`,
    `${row.ratioToNetwright.toFixed(2)}x`,
  ])
  const head = ['m,n,k and layout', 'isa, core type', 'threads', 'ms', 'OpenBLAS ms', 'of peak', 'OpenBLAS takes']
  return [tableText(head, lines), '', ...summaryLines(rows)].join('\n')
}

export function summaryLines(rows: readonly ProductRow[]): readonly string[] {
  const groupOf = ({ isa, threads, core, version }: ProductRow): string =>
    `${isa}, ${threads} thread${threads > 1 ? 's' : ''} against OpenBLAS ${version} ${core}`
  const means = [...new Set(rows.map(groupOf))].flatMap((group) => {
    const same = rows.filter((row) => groupOf(row) === group)
    const sets = [
      ['fully connected layers', same.filter(({ origin }) => origin === 'Linear')],
      ['all layers of the four networks', same.filter(({ origin }) => origin !== 'cube')],
      ['512, 1024, 2048 cubed', same.filter(({ origin }) => origin === 'cube')],
    ] as const
    return sets
      .filter(([, set]) => set.length > 0)
      .map(([what, set]) => {
        const ratios = set.map(({ ratioToNetwright }) => ratioToNetwright)
        const worst = set.reduce((a, b) => (b.ratioToNetwright < a.ratioToNetwright ? b : a))
        return (
          `${group}, ${what}: geometric mean ` +
          `${geometricMean(ratios).toFixed(2)}x, worst ${worst.ratioToNetwright.toFixed(2)}x (${worst.product})`
        )
      })
  })
  return [...means, ...scalingLines(rows)]
}

/** What all threads gain over one at the cubes, beside what the multiply-add peak gains. */
function scalingLines(rows: readonly ProductRow[]): readonly string[] {
  return rows
    .filter(({ origin, threads }) => origin === 'cube' && threads > 1)
    .flatMap((many) => {
      const one = rows.find(
        ({ product, isa, threads }) => product === many.product && isa === many.isa && threads === 1,
      )
      if (one === undefined) return []
      const [gain, peakGain] = [one.ownMs / many.ownMs, many.peakGflops / one.peakGflops]
      return [
        `${many.threads} threads at ${many.product}: ${gain.toFixed(2)}x one thread, the peak ${peakGain.toFixed(2)}x: ` +
          `${((100 * gain) / peakGain).toFixed(0)} %; OpenBLAS ${(one.medianMs / many.medianMs).toFixed(2)}x`,
      ]
    })
}
