// The built command line on the user's own files: tables and folders of images, and on what is made.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadModel } from '../../src/load-model.js'
import { housesCsv, writePng, writeTwoClasses } from './files.js'
import { netwright, writeFewDigits } from './netwright.js'

let folder: string
const inFolder = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-data-'))
  writeFewDigits(inFolder('digits'))
  writeFileSync(inFolder('houses.csv'), housesCsv(300))
  writeFileSync(inFolder('sizes.tsv.gz'), gzipSync(housesCsv(200, ['area', 'size']).replaceAll(',', '\t')))
  await writeTwoClasses(inFolder('rooms'), ['bright', 'dark'], 20)
  await writeTwoClasses(inFolder('parts/train'), ['bright', 'dark'], 10)
  await writeTwoClasses(inFolder('parts/test'), ['bright', 'dark'], 3)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function trained(...args: readonly string[]) {
  const { code, stdout, stderr } = await netwright(['train', '--json', '--verbose', '0', ...args])
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

async function evaluated(...args: readonly string[]) {
  const { code, stdout, stderr } = await netwright(['evaluate', '--json', ...args])
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

async function ended(expected: number, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await netwright(args)
  expect([code, stdout, stderr.split('\n').length]).toEqual([expected, '', 2])
  return stderr
}
const refused = (...args: readonly string[]) => ended(2, args)
/** Nothing is wrong with the command. */
const failed = (...args: readonly string[]) => ended(1, args)

/** Node runs it first: as if there were no network, without waiting for one. */
const noNetwork = `--import data:text/javascript,globalThis.fetch=async()=>{throw(Object.assign(Error('offline'),{cause:{code:'ENOTFOUND',message:'offline'}}))}`

describe('a CSV file', () => {
  const houses = () => ['--dataset', inFolder('houses.csv')]

  test('with a number to predict: a loss and no accuracy, and evaluate tests with what was kept back', async () => {
    const saved = inFolder('houses.safetensors')
    const report = inFolder('houses.html')
    const args = [...houses(), '--target', 'price', '--missing', 'mean', '--standardize', '--metrics', 'r2']
    const result = await trained(...args, '--seed', '3', '--save', saved, '--report', report)
    expect(readFileSync(report, 'utf8')).toMatch(/>train r2<.*<b>(<bdi>)?0\.9.*>test r2<.*<b>(<bdi>)?0\.9/)
    expect(result).toMatchObject({ dataset: inFolder('houses.csv'), model: 'mlp' })
    expect(result.testAccuracy).toBeUndefined()
    expect(result.testR2).toBeGreaterThan(0.9)
    const again = await evaluated(saved, ...houses(), '--seed', '3', '--metrics', 'r2')
    expect(again).toMatchObject({ split: 'test', samples: 60, loss: result.testLoss, r2: result.testR2 })
    expect(await evaluated(saved, ...houses(), '--split', 'train', '--seed', '3')).toMatchObject({
      samples: 240,
      loss: result.trainLoss,
    })
    const all = await evaluated(saved, ...houses(), '--split', 'all')
    expect(all.samples).toBe(300)
    expect(all.loss).toBeCloseTo((result.testLoss * 60 + result.trainLoss * 240) / 300, 1)
  })

  test('with classes to predict: they keep their names, in JSON and in tables', async () => {
    const saved = inFolder('sizes.safetensors')
    const args = ['--dataset', inFolder('sizes.tsv.gz'), '--target', '-1', '--missing', 'mean', '--test-split', '0.1']
    const result = await trained(...args, '--standardize', '--save', saved)
    expect(result.classNames).toEqual(['large', 'small'])
    expect(result.testAccuracy).toBeGreaterThan(0.85)
    expect((await loadModel(saved)).preprocessing?.transforms.map(({ type }) => type)).toEqual(['Standardizer'])
    const { stdout } = await netwright([
      'evaluate',
      saved,
      '--dataset',
      inFolder('sizes.tsv.gz'),
      '--split',
      'all',
      '--metrics',
      'confusionMatrix,f1PerClass',
    ])
    expect(stdout).toMatch(/\n +large +small\n {2}large +\d+ +\d+\n {2}small +\d+ +\d+\n/)
    expect(stdout).toMatch(/\n {2}small +[01]\.\d{4}\n$/)
  })

  test('goes on with a saved model: its columns, classes and transforms', async () => {
    const [first, second] = [inFolder('first.safetensors'), inFolder('second.safetensors')]
    const args = [...houses(), '--target', 'price', '--missing', '40']
    await trained(...args, '--standardize', '--save', first)
    await trained(...houses(), '--model', first, '--save', second, '--epochs', '1')
    const [a, b] = await Promise.all([first, second].map((path) => loadModel(path)))
    expect(b?.preprocessing?.toJSON()).toEqual(a?.preprocessing?.toJSON())
    expect(await refused('train', ...houses(), '--model', first, '--standardize')).toContain('has its own transforms')
    expect(await refused('train', ...houses(), '--model', first, '--missing', 'drop')).toContain('--missing: the saved')
  })

  test('says what is missing or wrong', async () => {
    expect(await refused('train', ...houses())).toContain('needs --target COLUMN')
    expect(await refused('train', ...houses(), '--target', 'prise')).toContain('Did you mean price?')
    expect(await failed('train', ...houses(), '--target', 'price')).toMatch(
      /houses\.csv: line 7: column "area" has an .* --missing 'mean', 'drop' or a number says what to do\n$/,
    )
    expect(await refused('train', ...houses(), '--target', 'price', '--image-size', '3')).toContain(
      '--image-size goes with a folder of images, not with',
    )
    expect(await refused('train', '--dataset', inFolder('none.csv'), '--target', '0')).toContain(
      'none.csv: no such file',
    )
    writeFileSync(inFolder('ragged.csv'), 'a,b\n1,2\n3\n')
    expect(await failed('train', '--dataset', inFolder('ragged.csv'), '--target', 'b')).toContain(
      'ragged.csv: line 3: 1 cell, expected 2 as in the header',
    )
    expect(
      await refused('train', ...houses(), '--target', 'price', '--model', 'convnet', '--missing', 'mean'),
    ).toContain('convnet takes images (channels, height, width), samples of')
  })
})

describe('a folder of images', () => {
  test('by class, stretched to one size; evaluate reads it as the model did', async () => {
    const saved = inFolder('rooms.safetensors')
    const rooms = ['--dataset', inFolder('rooms')]
    const result = await trained(...rooms, '--image-size', '9', '--epochs', '5', '--save', saved)
    expect(result).toMatchObject({ model: 'convnet', classNames: ['bright', 'dark'], testAccuracy: 1 })
    expect((await loadModel(saved)).preprocessing?.source).toMatchObject({ width: 9, height: 9, channels: 1 })
    const again = await evaluated(saved, ...rooms)
    expect(again).toMatchObject({ samples: 8, loss: result.testLoss, classNames: ['bright', 'dark'] })
    const standardised = inFolder('standardised.safetensors')
    const other = await trained(
      ...rooms,
      '--image-size',
      '12x10',
      '--channels',
      '3',
      '--standardize',
      '--model',
      'mlp',
      '--save',
      standardised,
    )
    expect(await evaluated(standardised, ...rooms)).toMatchObject({ loss: other.testLoss })
  })

  test('with train and test folders of its own', async () => {
    const parts = ['--dataset', inFolder('parts'), '--epochs', '2', '--model', 'mlp', '--image-size', '8x8']
    const saved = inFolder('parts.safetensors')
    const result = await trained(...parts, '--save', saved)
    expect(await evaluated(saved, '--dataset', inFolder('parts'))).toMatchObject({ samples: 6, loss: result.testLoss })
    expect(await refused('train', ...parts, '--test-split', '0.5')).toContain('has a folder of its own to test with')
    expect(await refused('evaluate', saved, '--dataset', inFolder('parts'), '--split', 'all')).toContain('--split all')
  })

  test('says what is missing or wrong', async () => {
    expect(await failed('train', '--dataset', inFolder('rooms'))).toMatch(
      /is \d+×\d+ pixels, but .* is \d+×\d+; give --image-size WIDTHxHEIGHT, to which all images are stretched\n$/,
    )
    expect(await refused('train', '--dataset', inFolder('rooms'), '--target', 'x')).toContain(
      '--target goes with a CSV',
    )
    expect(await failed('train', '--dataset', inFolder('digits'))).toContain('has no class folders')
    expect(await refused('train', '--dataset', inFolder('rooms'), '--image-size', '0x3')).toContain('32x32')
    writeFileSync(inFolder('rooms/dark/zzz.png'), 'not an image')
    const said = await failed('train', '--dataset', inFolder('rooms'), '--image-size', '8')
    expect(said).toContain('zzz.png: is no PNG or JPEG')
    rmSync(inFolder('rooms/dark/zzz.png'))
  })

  test('names from folders move no cursor', async () => {
    if (process.platform === 'win32') return
    const [evil, plain] = ['\u001b[2Jevil\nclass', 'plain']
    await writeTwoClasses(inFolder('named'), [evil, plain], 6)
    const args = ['--dataset', inFolder('named'), '--image-size', '8', '--epochs', '1', '--model', 'mlp']
    const { code, stdout } = await netwright(['train', ...args, '--metrics', 'confusionMatrix'])
    expect(code).toBe(0)
    expect(stdout).toContain('\ufffd[2Jevil\ufffdclass')
    expect(stdout).not.toContain('\u001b')
    await writePng(inFolder(`named/${plain}/big.png`), new Uint8Array(400), 20)
    const without = await failed('train', '--dataset', inFolder('named'))
    expect(without).not.toContain('\u001b')
  })
})

describe('data sets by name', () => {
  test.each([
    ['iris', 3],
    ['moons', 2],
  ])('%s, with the model and the recipe for rows', async (name, classes) => {
    const result = await trained('--dataset', name, '--metrics', 'confusionMatrix')
    expect([result.model, result.testConfusionMatrix.length]).toEqual(['mlp', classes])
    expect(result.testAccuracy).toBeGreaterThan(0.9)
  })

  test("sets of the digits' format are read from a folder, also with --download where nothing is missing", async () => {
    for (const name of ['fashion-mnist', 'kmnist', 'mnist']) {
      const args = ['--dataset', name, '--data', inFolder('digits'), '--download', '--model', 'mlp', '--epochs', '1']
      expect(await trained(...args)).toMatchObject({ dataset: name, model: 'mlp', epochs: 1 })
    }
    const clothes = await trained(
      '--dataset',
      'fashion-mnist',
      '--data',
      inFolder('digits'),
      '--epochs',
      '1',
      '--model',
      'mlp',
    )
    expect(clothes.classNames).toHaveLength(10)
  })

  test('a folder without the files is wrong usage, damaged files and failed downloads are not', async () => {
    const [none, damaged] = [inFolder('none'), inFolder('damaged')]
    mkdirSync(none)
    writeFewDigits(damaged)
    writeFileSync(join(damaged, 'train-images-idx3-ubyte'), 'no images')
    expect(await refused('train', '--dataset', 'kmnist', '--data', none)).toMatch(
      /none \(dir\); get the files with --download; or give another --data DIR\n$/,
    )
    expect(await failed('train', '--data', damaged)).toContain('train-images-idx3-ubyte: ')
    // Nothing answers there: the download fails at once.
    const offline = { ...process.env, NETWRIGHT_CACHE: inFolder('cache'), NETWRIGHT_DATA: '', NODE_OPTIONS: noNetwork }
    for (const data of [[], ['--data', none]]) {
      const args = ['train', '--dataset', 'kmnist', '--download', ...data]
      const { code, stderr } = await netwright(args, undefined, { env: offline })
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .* cannot be downloaded\..*offline/)])
    }
    expect([existsSync(inFolder('cache')), readdirSync(none)]).toEqual([false, []])
  }, 30_000)

  test('say which options they do not take', async () => {
    expect(await refused('train', '--dataset', 'iris', '--data', folder)).toContain(
      '--data goes with data sets by name',
    )
    expect(await refused('train', '--dataset', 'mnist', '--test-split', '0.1')).toContain(
      '--test-split goes with data in one',
    )
    expect(await refused('train', '--dataset', 'moons', '--download')).toContain('--download goes with')
    expect(await refused('train', '--dataset', 'cifar10', '--data', inFolder('digits'))).toContain('CIFAR-10 not found')
    expect(await refused('train', '--dataset', 'moons', '--task', 'guess')).toContain('classify, regress')
    expect(await refused('train', '--dataset', 'moons', '--missing', 'all')).toContain('mean, drop or a number')
  })
})
