// `netwright doctor`: which backends this machine has and why, and whether they compute what they should. Everything is
// found out in child processes, so that whatever lies in the addon's place, the doctor itself lives to tell.

import { execFile } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { type Command, Option } from 'commander'
import { counted } from '../../errors.js'
import { type Backend, type BackendName, backendNames } from '../../kernels/backend.js'
import { native } from '../../kernels/native/index.js'
import { addonPath } from '../../kernels/native/load.js'
import { reference } from '../../kernels/reference/backend.js'
import { wasm } from '../../kernels/wasm/index.js'
import { textTable } from '../../text-table.js'
import { packageVersion } from '../../version.js'
import { UsageError } from '../errors.js'
import { terminalText } from '../terminal-text.js'
import { type Default, type Finding, findDefault, finders } from './findings.js'
import { type SelfTest, selfTest } from './self-test.js'

interface DoctorOptions {
  readonly json?: true
  readonly examine?: string
}

/** What a child process was to find out, or why it did not. */
type Answer<T> = T | { readonly problem: string; readonly signal?: NodeJS.Signals }

const help = `
Looks for the backends in the order in which they are tried, then tests each on every instruction set of this CPU:
small networks beside a calculation in double precision, a training run, and the speed of training 784-50-10.
NETWRIGHT_BACKEND, NETWRIGHT_ISA, NETWRIGHT_THREADS and NETWRIGHT_ADDON (another place of the addon) count as always.

Examples:
  $ netwright doctor
  $ netwright doctor --json | jq .tests

Exit codes: 0 the native backend is there and every test passed; 1 something is missing or wrong: the last lines say
what, and what to do.`

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('which backends this machine has and why, with a self-test')
    .option('--json', 'print one line of JSON')
    .addOption(new Option('--examine <what>').hideHelp())
    .addHelpText('after', help)
    .action(doctor)
}

async function doctor({ json, examine }: DoctorOptions): Promise<void> {
  if (examine !== undefined) {
    const answer = await answerOf(examine).catch(({ message }: Error) => ({ problem: message }))
    process.stdout.write(`\n${answerMark}${JSON.stringify(answer)}\n`)
    return
  }
  const print = (text: string): void => void (json ? undefined : process.stdout.write(`${text}\n`))
  const system = systemFacts()
  print(`netwright ${packageVersion}\n${textTable(Object.entries(system), 2).join('\n')}\n`)

  print('Backends, in the order in which they are tried')
  const asked = backendNames.map(async (name) => [name, await ask<Finding>(name)] as const)
  const askedForUsed = ask<Default>('default')
  const backends: Record<string, Answer<Finding>> = {}
  for (const answer of asked) {
    const [name, finding] = await answer
    backends[name] = finding
    print(findingLine(name, finding))
  }
  const used = await askedForUsed
  print(`${usedLine(used)}\n`)

  print('Self-test              error  accuracy  samples/s')
  const tests: Record<string, Answer<SelfTest>> = {}
  for (const [name, finding] of Object.entries(backends)) {
    for (const isa of 'isas' in finding ? finding.isas : []) {
      const result = await ask<SelfTest>(`${name}/${isa}`)
      tests[`${name} ${isa}`] = result
      print(testLine(`${name} ${isa}`, result))
    }
  }
  const problems = problemsOf(backends, used, tests)
  print(`\n${problems.length === 0 ? 'All is well.' : problems.join('\n')}`)
  if (json) {
    process.stdout.write(`${JSON.stringify({ version: packageVersion, system, backends, used, tests, problems })}\n`)
  }
  if (problems.length > 0) process.exitCode = 1
}

function systemFacts(): Readonly<Record<string, string>> {
  const { header } = process.report.getReport() as unknown as { readonly header: { glibcVersionRuntime?: string } }
  const library =
    process.platform !== 'linux'
      ? ''
      : `, ${header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : 'musl'}`
  const all = cpus()
  const settings = Object.entries(process.env).filter(([name, value]) => /^NETWRIGHT_\w+$/.test(name) && value)
  return {
    Node: `${process.versions.node} (${process.execPath})`,
    System: `${process.platform}-${process.arch}${library}`,
    CPU: `${all[0]?.model.trim() || 'unknown'}, ${availableParallelism()} processors for this process`,
    Settings: settings.map(([name, value]) => terminalText(`${name}=${value}`)).join(' ') || 'none',
  }
}

const mark = (good: boolean): string => (good ? '  ✓' : '  ✗')

function findingLine(name: string, finding: Answer<Finding>): string {
  const { isas = [], what = '' }: Partial<Finding> = finding
  const texts = isas.length > 0 ? [isas.join(', '), what] : ['not to be had', what]
  return `${mark(isas.length > 0)} ${name.padEnd(9)} ${texts.filter(Boolean).map(terminalText).join(': ')}`
}

function usedLine(used: Answer<Default>): string {
  if (!('info' in used) || used.info === undefined) return `Used: none. ${used.problem}`
  const { backend, isa, threads, reasons } = used.info
  return `Used: ${backend}, ${isa}, ${counted(threads, 'thread')}, since ${reasons.map(terminalText).join(' ')}`
}

function testLine(name: string, result: Answer<SelfTest>): string {
  if (!('difference' in result)) return `${mark(false)} ${name}`
  const { difference, accuracy, samplesPerSecond, problems } = result
  return [
    mark(problems.length === 0),
    name.padEnd(15),
    difference.toExponential(1).padStart(8),
    accuracy.toFixed(3).padStart(9),
    samplesPerSecond.toLocaleString('en').padStart(10),
  ].join(' ')
}

function problemsOf(
  backends: Readonly<Record<string, Answer<Finding>>>,
  used: Answer<Default>,
  tests: Readonly<Record<string, Answer<SelfTest>>>,
): readonly string[] {
  return [
    ...Object.entries(backends).flatMap(([name, finding]) => {
      if (finding.problem === undefined) return []
      if (!('signal' in finding)) return [`${name}: ${terminalText(finding.problem)}`]
      return [`${name}: loading ${addonPath()} ${finding.problem}: the file is damaged. Install the package anew`]
    }),
    ...(used.problem ? [`Programs that name no backend fail: ${terminalText(used.problem)}`] : []),
    ...Object.entries(tests).flatMap(([name, result]) => {
      const problems = 'problems' in result ? result.problems : [result.problem]
      return problems.map((problem) => `${name}: ${problem}`)
    }),
  ]
}

/** In the child process: `default`, a backend's name, or `<backend>/<isa>`. */
async function answerOf(what: string): Promise<Finding | Default | SelfTest> {
  if (what === 'default') return findDefault()
  const [name, isa] = what.split('/') as [string, string?]
  if (!backendNames.includes(name as BackendName)) throw new UsageError(`--examine: unknown backend ${name}`)
  return isa === undefined ? finders[name as BackendName]() : await selfTest(backendOf(name as BackendName, isa))
}

function backendOf(name: BackendName, isa: string): Backend {
  if (name === 'native') return native({ isa })
  return name === 'wasm' ? wasm() : reference()
}

const secondsForAnAnswer = 60
const answerMark = 'netwright doctor: '

/** What a child process answers; `problem` where it dies or does not end. */
function ask<T>(what: string): Promise<Answer<T>> {
  const parameters = [...process.execArgv, process.argv[1] as string, 'doctor', '--examine', what]
  const limit = { timeout: secondsForAnAnswer * 1e3, killSignal: 'SIGKILL' } as const
  return new Promise((resolve) => {
    try {
      execFile(process.execPath, parameters, limit, (error, stdout, stderr) => {
        // What else a program that Node preloads may print stands before it.
        const answer = stdout.split('\n').findLast((line) => line.startsWith(answerMark))
        if (error === null && answer !== undefined) resolve(JSON.parse(answer.slice(answerMark.length)) as T)
        else if (error?.killed) resolve({ problem: `did not end within ${secondsForAnAnswer} s` })
        else if (error?.signal) resolve({ problem: `ended its process by ${error.signal}`, signal: error.signal })
        else resolve({ problem: `ended its process with code ${error?.code ?? 0}: ${stderr.trim()}` })
      })
    } catch (error) {
      resolve({ problem: `cannot be asked in a process of its own (${(error as Error).message})` })
    }
  })
}
