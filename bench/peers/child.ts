// A subject of bench/peers.ts in a process of its own. It loads, warms up, and then answers each line `run N` on stdin
// with the milliseconds of one of N steps by its own clock, so that many subjects can take turns while one runs.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** What a subject says before its first run. */
export interface Ready {
  readonly version: string
  /** Which of the peer's own settings it found fastest. */
  readonly setting: string
}

export interface Run {
  /** Of one step. */
  readonly ms: number
  /** The loss of the last step, or the mean magnitude of a prediction: the same for whoever computes the same. */
  readonly value: number
}

/** A package of the peer that is not installed. */
export class MissingError extends Error {}

/** The line of an error's text that says what was wrong: Node's and Python's traces have it at different ends. */
function reasonIn(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return (lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.slice(-3).join(' ')).trim()
}

type Answer = { readonly ready: Ready } | { readonly missing: string } | Run

export class Child {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>
  #errors = ''
  #ready: Ready | undefined

  private constructor({ file, args, env }: Command) {
    this.#process = spawn(file, args, { stdio: 'pipe', env: { ...process.env, ...env } })
    this.#process.stderr?.on('data', (chunk) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-2000)
    })
    // A child that has ended says why in its answer, not in a failed write.
    this.#process.stdin?.on('error', () => {})
    this.#lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  }

  /** Starts `command` and waits until it is ready. Rejects with MissingError where the program or a package is not there. */
  static async start(command: Command): Promise<Child> {
    const child = new Child(command)
    const failed = new Promise<never>((_, reject) => {
      child.#process.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new MissingError(command.file) : error),
      )
    })
    const answer = await Promise.race([child.#answer(), failed])
    if ('missing' in answer) throw new MissingError(answer.missing)
    if (!('ready' in answer)) throw new Error(`expected a line that says ready, got ${JSON.stringify(answer)}`)
    child.#ready = answer.ready
    return child
  }

  get ready(): Ready {
    return this.#ready as Ready
  }

  async run(steps: number): Promise<Run> {
    this.#process.stdin?.write(`run ${steps}\n`)
    const answer = await this.#answer()
    if ('ms' in answer) return answer
    throw new Error(`expected the time of ${steps} steps, got ${JSON.stringify(answer)}`)
  }

  /** Ends the process. */
  close(): void {
    this.#process.kill()
  }

  /** The next line that is an object of JSON; libraries print other lines. */
  async #answer(): Promise<Answer> {
    for (;;) {
      const { done, value } = await this.#lines.next()
      if (done) throw new Error(`the process ended. ${reasonIn(this.#errors)}`)
      if (value.startsWith('{')) return JSON.parse(value) as Answer
    }
  }
}
