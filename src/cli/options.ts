// Option values of the command line: text in, checked values out. What is wrong becomes commander's one-line error.

import { statSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'

/** A parser for whole numbers from `low` to `high`, written in plain digits. */
export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= low && value <= high) return value
    throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`)
  }
}

/** A parser for finite numbers above 0. */
export function positive(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('Expected a number above 0.')
}

/** A parser for folders that exist. */
export function folder(text: string): string {
  if (statSync(text, { throwIfNoEntry: false })?.isDirectory()) return text
  throw new InvalidArgumentError('Expected a folder that exists.')
}
