// The error of everything that goes wrong with a file of a model or a picture.

import { netwrightError } from '../errors.js'

/** ERR_FILE: what is wrong with the file at `path`; `cause` is the error that told of it. */
export function fileError(path: string, problem: string, cause?: unknown): Error {
  const error = netwrightError('ERR_FILE', `${path}: ${problem}`)
  return cause === undefined ? error : Object.assign(error, { cause })
}

const problems: Readonly<Record<string, string>> = { ENOENT: 'no such file or folder', ENOTDIR: 'not a folder' }

/** The system's errors in words. */
export function systemProblem(error: unknown): string {
  const { code = '', message } = error as { code?: string; message: string }
  return Object.hasOwn(problems, code) ? (problems[code] as string) : message
}
