// `netwright train` and `evaluate`, built, as child processes, on a small part of the real digits.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadModel } from '../../src/load-model.js'
import { hasNative } from '../setup/backend.js'
import { netwright, type Run, writeFewDigits } from './netwright.js'

let folder: string
let data: string
const inFolder = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-train-'))
  data = inFolder('data')
  writeFewDigits(data)
})
afterAll(() => rmSync(folder, { recursive: true }))

const train = (...args: string[]) => netwright(['train', '--data', data, '--model', 'mlp', ...args])
const epochLines = (text: string) => text.split('\n').filter((line) => /^epoch +\d+\/\d+ loss /.test(line))
const digest = (name: string) =>
  createHash('sha256')
    .update(readFileSync(inFolder(name)))
    .digest('hex')
const oneError = ({ code, stdout, stderr }: Run) => {
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
  expect(stderr).toMatch(/^error: /)
  return stderr
}

describe('netwright train', () => {
  test('trains on the digits, and says how well on each part', async () => {
    const { code, stdout, stderr } = await train('--epochs', '3', '--validation-split', '0.1', '--lr', '0.3')
    expect([code, stderr, epochLines(stdout).length]).toEqual([0, '', 3])
    expect(epochLines(stdout)[0]).toMatch(/ train 0\.\d{4} val 0\.\d{4} /)
    expect(stdout).toMatch(
      /\nmlp after 3 epochs: train accuracy 0\.\d{4}, validation accuracy 0\.\d{4}, test accuracy 0\.\d{4}\n39,760 parameters, trained in /,
    )
  })

  test('every option reaches fit: each changes what is learned, and in a way that it should', async () => {
    const figures = async (
      ...args: string[]
    ): Promise<{ trainLoss: number; epochs: number; samplesPerSecond: number }> => {
      const { code, stdout } = await train('--epochs', '2', '--json', '--verbose', '0', ...args)
      expect(code).toBe(0)
      return JSON.parse(stdout)
    }
    const plain = await figures()
    expect((await figures('--epochs', '4')).trainLoss).toBeLessThan(plain.trainLoss)
    const others = [
      ['--batch-size', '20'],
      ['--lr', '0.3'],
      ['--optimizer', 'momentum'],
      ['--optimizer', 'sgd:nesterov=true,momentum=0.9'],
      ['--momentum', '0.9'],
      ['--optimizer', 'adam'],
      ['--optimizer', 'adam:betas=0.5+0.9'],
      ['--optimizer', 'adamw'],
      ['--optimizer', 'rmsprop'],
      ['--optimizer', 'adagrad'],
      ['--weight-decay', '0.1'],
      ['--l2', '0.2'],
      ['--schedule', 'cosine'],
      ['--schedule', 'step:every=5'],
      ['--schedule', 'multi-step:milestones=3+9,gamma=0.2'],
      ['--schedule', 'exponential:gamma=0.9'],
      ['--schedule', 'polynomial'],
      ['--schedule', 'cosine-restarts:cycle=4'],
      ['--schedule', 'one-cycle'],
      ['--warm-up', '5'],
      ['--loss', 'cross-entropy:labelSmoothing=0.2'],
      ['--seed', '2'],
      ['--no-shuffle'],
      ['--hidden', '20'],
      ['--samples', '500'],
      ['--clip-norm', '0.05'],
      ['--clip-value', '0.01'],
      ['--accumulate', '3'],
      ['--ema', '0.9'],
      ['--augment', 'shift=2,rotate=10,zoom=0.1,flip=horizontal,cutout=8'],
      ['--augment', 'noise=0.2,mixUp=0.2'],
    ]
    const losses = new Map([[plain.trainLoss, 'nothing']])
    for (const args of others) {
      const { trainLoss } = await figures(...args)
      expect(losses.get(trainLoss), `${args.join(' ')} changes nothing, or the same as`).toBeUndefined()
      losses.set(trainLoss, args.join(' '))
    }
    const same = await figures('--shuffle', '--schedule', 'constant', '--loss', 'cross-entropy', '--optimizer', 'sgd')
    expect(same.trainLoss).toBe(plain.trainLoss)
  }, 60_000)

  test('--patience stops early, with the weights of the best epoch', async () => {
    const args = ['--epochs', '200', '--validation-split', '0.2', '--lr', '1', '--json']
    const { code, stdout, stderr } = await train(...args, '--patience', '2')
    expect(code).toBe(0)
    const { epochs, stopReason, valAccuracy } = JSON.parse(stdout)
    expect(stopReason).toMatch(/^EarlyStopping: /)
    expect(epochs).toBeLessThan(200)
    const shown = epochLines(stderr).map((line) => Number(/ val (\S+)/.exec(line)?.[1]))
    expect(shown.length).toBe(epochs)
    expect(valAccuracy).toBeCloseTo(shown.at(-3) as number, 4)
  })

  test('--metrics are measured on each part, in the progress files as well', async () => {
    const [csv, runs] = [inFolder('run.csv'), inFolder('runs')]
    const args = ['--epochs', '2', '--validation-split', '0.2', '--metrics', 'f1,top3,f1PerClass,confusionMatrix']
    const { code, stdout } = await train(...args, '--csv', csv, '--tensorboard', runs)
    expect(code).toBe(0)
    expect(stdout).toMatch(/\ntop3: train 0\.\d{4}, validation 0\.\d{4}, test 0\.\d{4}\n/)
    expect(stdout).toMatch(/\nf1PerClass:\n {2}class +train +validation +test\n {2}0 +0\.\d{4} +0\.\d{4} +0\.\d{4}\n/)
    expect(stdout).toMatch(/\nconfusionMatrix on test, .*:\n(?: {2}\d(?: +\d+){10}\n){10}/)
    const lines = readFileSync(csv, 'utf8').trim().split('\n')
    expect(lines.length).toBe(3)
    expect(lines[0]).toMatch(/^epoch,loss,accuracy,valLoss,valAccuracy,.*valMetrics\.top3/)
    expect(readdirSync(runs).sort()).toEqual(['train', 'validation'])

    const result = JSON.parse((await train(...args, '--json')).stdout)
    expect(result.testConfusionMatrix).toHaveLength(10)
    expect(result.testConfusionMatrix.flat().reduce((sum: number, n: number) => sum + n)).toBe(200)
    expect(result.valTop3).toBeGreaterThanOrEqual(result.valAccuracy)
  })

  test('--health says after each epoch how the layers learn', async () => {
    const { code, stdout, stderr } = await train('--epochs', '2', '--health', '--json', '--verbose', '0')
    expect(code).toBe(0)
    expect(stderr.match(/^layer +weights +gradient/gm)).toHaveLength(2)
    expect(JSON.parse(stdout).health.layers[0]).toMatchObject({ layer: '0.Linear', gradientNorm: expect.any(Number) })
  })

  test('--verbose 0 shows no progress, and on a pipe 1 and 2 are lines', async () => {
    const shown = await Promise.all(['0', '1', '2'].map((level) => train('--epochs', '2', '--verbose', level)))
    expect(shown.map(({ stdout }) => epochLines(stdout).length)).toEqual([0, 2, 2])
  })

  test('the spiral, with a model of its own', async () => {
    const { code, stdout } = await netwright(['train', '--dataset', 'spiral', '--json', '--verbose', '0'])
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect([result.dataset, result.model, result.epochs]).toEqual(['spiral', 'spiral-mlp', 300])
    expect(result.testAccuracy).toBeGreaterThan(0.9)
  })

  test.skipIf(!hasNative)(
    'every model by name',
    async () => {
      for (const model of ['convnet', 'simple-conv', 'deep-conv']) {
        const { code, stdout } = await netwright(['train', '--data', data, '--model', model, '--epochs', '1', '--json'])
        expect([code, JSON.parse(stdout).model]).toEqual([0, model])
      }
    },
    60_000,
  )

  test('a model with too few outputs fails: exit code 1, one line', async () => {
    const file = inFolder('three.json')
    writeFileSync(
      file,
      JSON.stringify({ input: [28, 28], layers: [{ type: 'Flatten' }, { type: 'Linear', outFeatures: 3 }] }),
    )
    const { code, stdout, stderr } = await netwright(['train', '--data', data, '--model', file])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error: Label \d of sample \d: the model has 3 outputs, .*\n$/)
  })

  test('a rate that is far too high fails in one line; --nan-guard goes back first, and says so', async () => {
    const args = ['--lr', '1e30', '--verbose', '0']
    const failed = await train(...args)
    expect([failed.code, failed.stdout]).toEqual([1, ''])
    expect(failed.stderr).toMatch(/^error: Training stopped in epoch 1, step \d+: .*\n$/)
    const guarded = await train(...args, '--nan-guard')
    expect(guarded.code).toBe(1)
    expect(guarded.stderr.match(/NetwrightWarning: /g)).toHaveLength(5)
  })
})

describe('a saved model', () => {
  test('is evaluated to the figures that training ended with, on either part', async () => {
    const saved = inFolder('saved.safetensors')
    const { code, stdout } = await train('--epochs', '2', '--save', saved, '--json')
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(result.saved).toBe(saved)
    const evaluate = async (...args: string[]) =>
      JSON.parse((await netwright(['evaluate', saved, '--data', data, '--json', ...args])).stdout)
    expect(await evaluate()).toMatchObject({
      model: saved,
      dataset: 'mnist',
      split: 'test',
      samples: 200,
      loss: result.testLoss,
      accuracy: result.testAccuracy,
    })
    expect(await evaluate('--split', 'train')).toMatchObject({
      samples: 1000,
      loss: result.trainLoss,
      accuracy: result.trainAccuracy,
    })
    expect(await evaluate('--metrics', 'top10,accuracy')).toMatchObject({ top10: 1, accuracy: result.testAccuracy })
    const lines = await netwright(['evaluate', saved, '--data', data, '--batch-size', '7'])
    expect([lines.code, lines.stderr]).toEqual([0, ''])
    const accuracy = (result.testAccuracy as number).toFixed(4)
    expect(lines.stdout).toMatch(
      new RegExp(`on 200 test samples of mnist: loss \\d\\.\\d{4}, accuracy ${accuracy}\\n$`),
    )
  })

  test('is trained further', async () => {
    const [first, second] = [inFolder('first.safetensors'), inFolder('second.safetensors')]
    await train('--epochs', '2', '--save', first)
    const { code, stdout } = await netwright([
      'train',
      '--data',
      data,
      '--model',
      first,
      '--save',
      second,
      '--optimizer',
      'sgd',
      '--lr',
      '0.1',
      '--json',
    ])
    expect(code).toBe(0)
    const before = JSON.parse((await netwright(['evaluate', first, '--data', data, '--json'])).stdout)
    expect(JSON.parse(stdout).testLoss).toBeLessThan(before.loss)
    expect((await loadModel(second)).toString()).toBe('Sequential(Linear, ReLU, Linear)')
  })
})

describe('Ctrl-C and checkpoints', () => {
  // Windows has no signals that a parent can send.
  test.skipIf(process.platform === 'win32')(
    'the command that it prints ends with the same bits as a run that was not stopped',
    async () => {
      const checkpoint = inFolder("it's run.safetensors")
      const epochs = ['--epochs', '60', '--batch-size', '10', '--optimizer', 'adam', '--schedule', 'cosine']
      const whole = await train(...epochs, '--save', inFolder('whole.safetensors'))
      expect(whole.code).toBe(0)
      const args = [...epochs, '--save', inFolder('resumed.safetensors'), '--checkpoint', checkpoint]
      let sent = false
      const stopped = await netwright(['train', '--data', data, '--model', 'mlp', ...args], (text, child) => {
        if (sent || epochLines(text).length < 3) return
        sent = true
        child.kill('SIGINT')
      })
      expect(stopped.code).toBe(130)
      const [, where, command] =
        /^Stopped after (\d+) of 60 epochs.*, between two steps\.\nGo on with: (.*) --resume\n$/.exec(stopped.stderr) ??
        []
      expect(Number(where)).toBe(epochLines(stopped.stdout).length)
      expect(command).toContain(`--checkpoint '${checkpoint.replace("'", "'\\''")}'`)
      expect(existsSync(inFolder('resumed.safetensors'))).toBe(false)

      const resumed = await train(...args, '--resume')
      expect([resumed.code, resumed.stderr]).toEqual([0, ''])
      expect(resumed.stdout).toContain(`Going on from ${checkpoint}\n`)
      expect(epochLines(resumed.stdout)[0]).toMatch(new RegExp(`^epoch ${String(Number(where) + 1).padStart(2)}/60 `))
      expect(digest('resumed.safetensors')).toBe(digest('whole.safetensors'))
      // A checkpoint is a model's file.
      expect((await netwright(['evaluate', checkpoint, '--data', data])).code).toBe(0)

      const other = await train(...args, '--resume', '--batch-size', '20')
      expect([other.code, other.stderr]).toEqual([
        2,
        `error: fit: cannot resume from ${checkpoint}: batchSize is 20, the run that it belongs to had 10\n`,
      ])
    },
    60_000,
  )

  test('--resume without a file yet begins anew', async () => {
    const checkpoint = inFolder('new.safetensors')
    const { code, stdout } = await train(
      '--epochs',
      '1',
      '--checkpoint',
      checkpoint,
      '--checkpoint-every',
      '3',
      '--resume',
    )
    expect([code, existsSync(checkpoint)]).toEqual([0, true])
    expect(stdout).toContain(`No ${checkpoint} yet: from the beginning\n`)
  })
})

describe('wrong words are one line on stderr and exit code 2', () => {
  const cases: readonly (readonly [args: readonly string[], ...texts: readonly string[]])[] = [
    [['train', '--model', 'mpl'], 'mpl is neither a file nor', 'Did you mean mlp?'],
    [['train', '--model', 'none.json'], 'none.json: cannot be read (no such file or folder)'],
    [['train', '--model', 'none.safetensors'], 'none.safetensors: cannot be read (no such file or folder)'],
    [['train', '--model', 'biome.json'], 'biome.json: ', 'there is no such entry, expected input and layers'],
    [['train', '--model', 'LICENSE'], 'LICENSE: '],
    [['train', '--model', 'README.md'], 'README.md: '],
    [['train', '--model', 'src/cli'], 'src/cli: cannot be read (it is no regular file)'],
    [
      ['train', '--dataset', 'spiral', '--model', 'convnet'],
      'convnet takes images (channels, height, width), samples of spiral have shape (2,): take --model mlp',
    ],
    [
      ['train', '--dataset', 'spiral', '--model', 'test/cli/net.json'],
      'test/cli/net.json takes samples of shape (4,), those of spiral have (2,)',
    ],
    [['train', '--model', 'simple-conv', '--hidden', '3'], '--hidden: the hidden layer of simple-conv is as'],
    [['train', '--dataset', 'mnits'], "'mnits'", 'mnist, fashion-mnist', 'Did you mean mnist?'],
    [
      ['train', '--dataset', 'spiral', '--data', 'src'],
      '--data goes with data sets by name that are read from a folder, not with --dataset spiral',
    ],
    [['train', '--dataset', 'spiral', '--samples', '301'], '--samples is 301, the data set spiral has 300'],
    [['train', '--samples', '0'], '--samples', 'whole number from 1'],
    [['train', '--optimizer', 'adma'], "'adma'", 'Did you mean adam?'],
    [['train', '--optimizer', 'adam:beta=3'], "--optimizer: Adam: unknown option 'beta', expected lr, betas"],
    [['train', '--optimizer', 'adam:betas=2+3'], '--optimizer: Adam: betas[0] is 2'],
    [['train', '--optimizer', 'adam:'], "Expected settings such as step:every=500,gamma=0.5; got ''."],
    [['train', '--optimizer', 'adam', '--momentum', '0.9'], '--momentum goes with --optimizer sgd or momentum'],
    [['train', '--momentum', '1'], '--momentum', 'from 0, below 1'],
    [['train', '--weight-decay', '-1'], '--weight-decay', 'a number from 0'],
    [['train', '--l2', 'much'], '--l2', "'much'"],
    [['train', '--schedule', 'cosin'], "'cosin'", 'Did you mean cosine?'],
    [['train', '--schedule', 'step'], '--schedule: step: every is undefined, expected a whole number from 1'],
    [['train', '--schedule', 'one-cycle:max=-1'], '--schedule: oneCycle: max is -1'],
    [['train', '--schedule', 'plateau'], '--schedule plateau needs --validation-split'],
    [['train', '--warm-up', '0'], '--warm-up'],
    [['train', '--loss', 'crossentropy'], "'crossentropy'", 'Did you mean cross-entropy?'],
    [['train', '--loss', 'huber:delta=0'], '--loss: huber: delta is 0'],
    [['train', '--loss', 'mse:reduction=none', '--dataset', 'spiral'], "reduction of mse is 'none'"],
    [['train', '--validation-split', '1'], '--validation-split', 'a number between 0 and 1'],
    [['train', '--ema', '1'], '--ema', 'a number between 0 and 1'],
    [['train', '--clip-norm', '0'], '--clip-norm', 'a number above 0'],
    [['train', '--accumulate', '0'], '--accumulate', 'a whole number from 1'],
    [['train', '--augment', 'rotaet=10'], "got 'rotaet'", 'Did you mean rotate?'],
    [['train', '--augment', 'shift'], 'Expected settings such as shift=2,rotate=10,flip=horizontal'],
    [['train', '--augment', 'flip=left'], 'augment.flip is', "expected 'horizontal'"],
    [['train', '--metrics', 'f2'], '--metrics', 'Did you mean f1?'],
    [['train', '--metrics', 'f1,f1'], "'f1' is there twice"],
    [['evaluate', 'LICENSE', '--metrics', 'top0'], "'top0'"],
    [['train', '--csv', 'no/such/run.csv'], '--csv', 'in a folder that exists'],
    [['train', '--patience', '3'], '--patience needs --validation-split as well'],
    [['train', '--resume'], '--resume needs --checkpoint as well'],
    [['train', '--checkpoint-every', '5'], '--checkpoint-every needs --checkpoint as well'],
    [['train', '--checkpoint', 'no/such/folder/run'], '--checkpoint', 'in a folder that exists'],
    [['train', '--save', 'src'], '--save', 'Expected a file'],
    [['train', '--verbose', '3'], '--verbose', '0, 1, 2'],
    [['train', '--epoch', '3'], "unknown option '--epoch'", 'Did you mean --epochs?'],
    [['trian'], "unknown command 'trian'", 'Did you mean train?'],
    [['evaluate'], "missing required argument 'model'"],
    [['evaluate', 'mlp'], 'mlp: cannot be read (no such file or folder)'],
    [['evaluate', 'LICENSE'], 'LICENSE: '],
    [['evaluate', 'LICENSE', '--split', 'whole'], '--split', 'train, test, all'],
    [['evaluate', 'LICENSE', '--loss', 'none'], "'none'"],
  ]
  test.concurrent.each(cases.map(([args, ...texts]) => ({ args, texts })))('$args', async ({ args, texts }) => {
    const stderr = oneError(await netwright(args))
    for (const text of texts) expect(stderr).toContain(text)
  })

  test('a model that was saved whole is refused when a part of it is missing', async () => {
    const [whole, part] = [inFolder('cut.safetensors'), inFolder('part.safetensors')]
    await train('--epochs', '1', '--save', whole)
    writeFileSync(part, readFileSync(whole).subarray(0, 5000))
    expect(oneError(await netwright(['evaluate', part, '--data', data]))).toContain(part)
  })
})

describe('help', () => {
  test.each(['train', 'evaluate', 'summary', 'mnist', 'reproduce'])('%s --help has examples', async (command) => {
    const { code, stdout, stderr } = await netwright([command, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`Usage: netwright ${command}`)
    expect(stdout).toMatch(/\nExamples:\n {2}\$ netwright /)
    const top = await netwright(['--help'])
    expect(top.stdout).toContain(`$ netwright ${command} `)
  })

  test('it ends well when its reader goes away', async () => {
    const { code, stderr } = await netwright(
      ['train', '--data', data, '--model', 'mlp', '--epochs', '1000000'],
      (_, child) => child.stdout?.destroy(),
    )
    expect([code, stderr]).toEqual([0, ''])
  })
})
