// `--ui` on the command line: how the page ends where nobody uses its buttons.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, post } from '../live/client.js'
import { type Child, netwright, program, root, writeFewDigits } from './netwright.js'

let folder: string
let data: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-ui-'))
  data = join(folder, 'data')
  writeFewDigits(data)
})
afterAll(() => rmSync(folder, { recursive: true }))

const train = (args: readonly string[], onOutput?: (text: string, child: Child) => void) =>
  netwright(['train', '--data', data, '--model', 'mlp', ...args], onOutput)
const address = /^Live page: http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n/

test('the page ends with the run, and stdout is as without it', async () => {
  const run = ['--epochs', '2', '--json', '--verbose', '0']
  const [plain, watched] = await Promise.all([train(run), train([...run, '--ui'])])
  expect([watched.code, watched.stderr]).toEqual([0, expect.stringMatching(address)])
  expect(JSON.parse(watched.stdout).testLoss).toBe(JSON.parse(plain.stdout).testLoss)
})

test.skipIf(process.platform === 'win32')('Ctrl-C stops a run that is watched, with its exit code', async () => {
  let interrupted = false
  const { code, stderr } = await train(['--epochs', '1000000', '--verbose', '2', '--ui'], (text, child) => {
    if (interrupted || !/epoch +3\//.test(text)) return
    interrupted = true
    child.kill('SIGINT')
  })
  expect([code, stderr]).toEqual([130, expect.stringMatching(/\nStopped after \d+ of 1000000 epochs/)])
})

test.skipIf(process.platform === 'win32')('--ui-keep stays until Ctrl-C, and has then succeeded', async () => {
  const { code, stdout, stderr } = await train(['--epochs', '1', '--ui-keep'], (text, child) => {
    if (/parameters, trained in/.test(text)) setTimeout(() => child.kill('SIGINT'), 500)
  })
  expect([code, stdout]).toEqual([0, expect.stringContaining('mlp after 1 epoch: ')])
  expect(stderr).toMatch(/\nTraining has ended; the live page stays until Ctrl-C or its button Close: http:\S+\n$/)
})

test('stopped on the page before the first epoch ends: the rate is that of the samples so far', async () => {
  const args = [
    'train',
    '--data',
    data,
    '--model',
    'mlp',
    '--hidden',
    '500',
    '--backend',
    'reference',
    '--ui',
    '--json',
  ]
  const report = join(folder, 'run.html')
  const child = spawn(process.execPath, [...program, ...args, '--batch-size', '1', '--report', report], { cwd: root })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', async (chunk) => {
    const begun = stderr === ''
    stderr += chunk
    const url = /http:\S+/.exec(stderr)?.[0] ?? ''
    if (begun)
      await listen(url, { until: ({ type }) => type === 'progress' }).then(() =>
        post(url, '/control', { action: 'stop' }),
      )
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect([code, stderr]).toEqual([0, expect.stringMatching(address)])
  const { epochs, stopReason, samplesPerSecond, trainSeconds } = JSON.parse(stdout)
  expect([epochs, stopReason]).toEqual([0, 'stopped on the live page'])
  expect(samplesPerSecond).toBeGreaterThan(0)
  expect(trainSeconds).toBeGreaterThan(0)
  const rate = samplesPerSecond.toLocaleString('en-US')
  expect(readFileSync(report, 'utf8')).toMatch(new RegExp(`<bdi>samples/s</bdi></span><b>(<bdi>)?${rate}<`))
}, 30_000)

test('a port that is no port, or taken, is wrong usage in one line', async () => {
  const { code, stderr } = await train(['--ui', '65536'])
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: .*Expected a whole number from 0 to 65535\.\n$/)])
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const taken = await train(['--ui', `${port}`])
  server.close()
  expect([taken.code, taken.stderr]).toEqual([
    2,
    `error: LivePage: port ${port} is in use, expected a free one. 0 chooses any\n`,
  ])
})
