// `netwright summary`, built, as child processes, and the model files in JSON that it and `train` read.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { layerOptions } from '../../src/cli/layer-options.js'
import { readModelJson } from '../../src/cli/model-json.js'
import { presetNames } from '../../src/cli/presets.js'
import { layerClass } from '../../src/io/registry.js'
import { netwright } from './netwright.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-summary-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function fileWith(content: unknown): string {
  const path = join(folder, `net${files++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const net = {
  input: [1, 28, 28],
  layers: [
    { type: 'Conv2d', outChannels: 16, kernel: 5, padding: [2, 2], init: 'he', bias: false },
    { type: 'BatchNorm' },
    { type: 'ReLU' },
    { type: 'MaxPool2d', kernel: 2 },
    { type: 'Flatten' },
    { type: 'Dropout', p: 0.25 },
    { type: 'Linear', outFeatures: 10, biasInit: 'zeros' },
  ],
}

describe('netwright summary', () => {
  test('of a JSON file, as a table', async () => {
    const { code, stdout, stderr } = await netwright(['summary', fileWith(net), '--batch-size', '64'])
    expect([code, stderr]).toEqual([0, ''])
    // 16·25 + 2·16 + 3136·10 + 10.
    expect(stdout).toMatch(/^Sequential\(Conv2d, BatchNorm, ReLU, MaxPool2d, Flatten, Dropout, Linear\)\n/)
    expect(stdout).toMatch(/\n6\.Linear +\(10,\) +31,370 +31,360\n/)
    expect(stdout).toContain('\n31,802 parameters (')
    expect(stdout).toContain('\nmemory of a training step of 64: ')
  })

  test('as JSON: the same figures', async () => {
    const path = fileWith(net)
    const { code, stdout } = await netwright(['summary', path, '--json'])
    expect([code, stdout.split('\n').length]).toEqual([0, 2])
    const summary = JSON.parse(stdout)
    expect(summary).toMatchObject({ model: path, inputs: [[1, 28, 28]], parameters: 31_802, batchSize: 32 })
    expect(summary.layers[0]).toEqual({
      name: '0.Conv2d',
      outputs: [[16, 28, 28]],
      parameters: 400,
      shared: false,
      frozen: false,
      multiplyAdds: 16 * 28 * 28 * 25,
    })
  })

  test.each(presetNames)('of the model by name %s', async (name) => {
    const { code, stdout } = await netwright(['summary', name])
    expect(code).toBe(0)
    expect(stdout).toMatch(/\n[\d,]+ parameters \(/)
  })

  test('--hidden makes the hidden layer wider', async () => {
    const { stdout } = await netwright(['summary', 'mlp', '--hidden', '7', '--json'])
    expect(JSON.parse(stdout).parameters).toBe(784 * 7 + 7 + 7 * 10 + 10)
  })

  test('--dot on stdout and --svg in a file', async () => {
    const svg = join(folder, 'net.svg')
    const { code, stdout } = await netwright(['summary', 'mlp', '--dot', '--svg', svg])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^digraph "Sequential" \{\n/)
    expect(stdout).toContain('input0 -> layer0 [label="(784,)"]')
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg .*Linear/s)
  })

  test('works in a pipe', () => {
    const command = `${JSON.stringify(process.execPath)} dist/cli/netwright.js summary convnet | head -1`
    if (process.platform !== 'win32') expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toMatch(/^Seq/)
  })

  test('one line for a model that is none', async () => {
    for (const [args, text] of [
      [['convent'], 'Did you mean convnet?'],
      [['none.json'], 'none.json: cannot be read (no such file or folder)'],
      [['mlp', '--json', '--dot'], "option '--json' cannot be used with option '--dot'"],
      [['mlp', '--svg', 'no/such/net.svg'], 'in a folder that exists'],
      [[], "missing required argument 'model'"],
    ] as const) {
      const { code, stdout, stderr } = await netwright(['summary', ...args])
      expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
      expect(stderr).toContain(text)
    }
  })
})

describe('a model file in JSON', () => {
  test('makes the layers that it lists, with their options', () => {
    const { inputShape, layers } = readModelJson(fileWith(net))
    expect(inputShape).toEqual([1, 28, 28])
    expect(layers.map(({ kind }) => kind)).toEqual(net.layers.map(({ type }) => type))
    expect(layers[0]?.config).toMatchObject({ outChannels: 16, kernel: [5, 5], padding: [2, 2], bias: false })
    expect(layers[5]?.config).toEqual({ p: 0.25, seed: undefined })
  })

  const layer = (description: unknown) => ({ input: [1, 28, 28], layers: [{ type: 'ReLU' }, description] })
  const conv = (options: object) => layer({ type: 'Conv2d', outChannels: 16, kernel: 5, ...options })
  const cases: readonly (readonly [content: unknown, message: string])[] = [
    ['', 'Unexpected end of JSON input'],
    ['{ "input": [784] "layers": [] }', 'JSON'],
    ['{ "input": [784], "input": [28, 28] }', 'key "input" is there twice'],
    ['[[[[[1]]]]]', 'more than 4 brackets deep'],
    [[], 'the model is [], expected an object'],
    ['null', 'the model is null, expected an object'],
    [
      { layers: [{ type: 'ReLU' }] },
      'input is undefined, expected the shape of a sample, such as [784] or [1, 28, 28]',
    ],
    [{ input: 784, layers: [{ type: 'ReLU' }] }, 'input is 784, expected the shape of a sample'],
    [{ input: [784, 0], layers: [{ type: 'ReLU' }] }, 'input is [784, 0], expected the shape of a sample'],
    [{ input: [784] }, 'layers is undefined, expected a list that is not empty'],
    [{ input: [784], layers: [] }, 'layers is [], expected a list that is not empty'],
    [{ input: [784], layers: [], epochs: 3 }, 'epochs: there is no such entry, expected input and layers'],
    [layer('ReLU'), 'layers[1] is "ReLU", expected an object'],
    [layer({ outFeatures: 3 }), 'layers[1].type is undefined, expected AvgPool2d, BatchNorm'],
    [layer({ type: 'Liner' }), 'layers[1].type is "Liner", expected AvgPool2d, BatchNorm'],
    [layer({ type: 'Liner' }), 'Did you mean Linear?'],
    [layer({ type: 'constructor' }), 'layers[1].type is "constructor"'],
    [layer({ type: 'Add' }), 'layers[1].type is "Add"'],
    [conv({ filters: 3 }), 'layers[1].filters: Conv2d has no such option, expected outChannels, kernel, inChannels'],
    [conv({ outChanels: 3 }), 'Did you mean outChannels?'],
    [conv({ outChannels: undefined }), 'layers[1].outChannels is missing: a Conv2d needs outChannels, kernel'],
    [conv({ kernel: undefined, inChannels: 1 }), 'layers[1].kernel is missing'],
    [conv({ outChannels: '16' }), 'layers[1].outChannels is "16", expected a whole number from 1'],
    [conv({ kernel: '5' }), 'layers[1].kernel is "5", expected a whole number from 1, or two of them'],
    [conv({ kernel: '5', inChannels: 1 }), 'layers[1].kernel is "5", expected a whole number from 1'],
    [conv({ kernel: null, inChannels: 1 }), 'layers[1].kernel is null, expected a whole number from 1'],
    [conv({ bias: 'no' }), 'layers[1].bias is "no", expected true or false'],
    [conv({ init: 'hee' }), 'layers[1].init is "hee", expected an initialiser'],
    [conv({ kernel: 29 }), 'layers[1]: Conv2d: a window 29 high does not fit into 28 rows'],
    [
      layer({ type: 'Linear', outFeatures: 10 }),
      'layers[1]: Linear: expected one input of shape (n,), rows of numbers (put a Flatten',
    ],
    [layer({ type: 'Linear', inFeatures: 784 }), 'layers[1].outFeatures is missing'],
    [
      layer({ type: 'Linear', inFeatures: 784, outFeatures: '5' }),
      'layers[1].outFeatures is "5", expected a whole number',
    ],
    [layer({ type: 'ReLU', slope: 1 }), 'layers[1].slope: ReLU has no such option, expected nothing but its type'],
    [layer({ type: 'Dropout', p: 2 }), 'layers[1].p is 2, expected a number from 0 to 1'],
  ]
  test.each(cases)('%j', (content, message) => {
    const path = fileWith(content)
    expect(() => readModelJson(path)).toThrow(path)
    expect(() => readModelJson(path)).toThrow(message)
  })

  const values: Readonly<Record<string, unknown>> = { outChannels: 2, kernel: 2, outFeatures: 2, count: 2 }
  test.each(Object.entries(layerOptions))('%s has the options that it is said to have, and no others', (type, said) => {
    const { required = [], optional = [] } = said
    const make = (config: object) => layerClass(type)?.fromConfig(config as Readonly<Record<string, unknown>>)
    const config = Object.fromEntries(required.map((name) => [name, values[name]]))
    const known = [...required, ...optional]
    expect(known).toEqual(expect.arrayContaining(Object.keys(make(config)?.config ?? {})))
    // A value that none of them takes is refused, or the option is not read at all.
    for (const name of known) {
      // Axes are checked against the shapes that they are axes of.
      if (name === 'axis') expect(make({ ...config, axis: 3 })?.config).toMatchObject({ axis: 3 })
      else expect(() => make({ ...config, [name]: Symbol.iterator }), name).toThrow(name)
    }
  })
})
