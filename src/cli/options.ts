// Option values of the command line: text in, checked values out. What is wrong becomes commander's one-line error.

import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidArgumentError } from 'commander'

/** A parser for whole numbers from `low` to `high`, written in plain digits. */
export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= low && value <= high) return value
    throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`)
  }
}

/** The largest number of samples, steps and epochs. */
const largest = 2 ** 31 - 1

/** A parser for whole numbers of something, from 1. */
export const count = integer(1, largest)

/** A parser for seeds. */
export const seed = integer(0, Number.MAX_SAFE_INTEGER)

/** A parser for finite numbers of which `fits` holds; `expected` says it in words. */
function number(expected: string, fits: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && fits(value)) return value
    throw new InvalidArgumentError(`Expected ${expected}.`)
  }
}

export const positive = number('a number above 0', (value) => value > 0)
export const notNegative = number('a number from 0', (value) => value >= 0)
/** What a running average keeps: a momentum. */
export const fraction = number('a number from 0, below 1', (value) => value >= 0 && value < 1)
/** A part of a whole. */
export const share = number('a number between 0 and 1', (value) => value > 0 && value < 1)

/** A parser for folders that exist. */
export function folder(text: string): string {
  if (statSync(text, { throwIfNoEntry: false })?.isDirectory()) return text
  throw new InvalidArgumentError('Expected a folder that exists.')
}

/** A parser for files that can be written: better told now than after minutes of training. */
export function outFile(text: string): string {
  const found = statSync(text, { throwIfNoEntry: false })
  if (text === '' || (found !== undefined && !found.isFile())) throw new InvalidArgumentError('Expected a file.')
  try {
    accessSync(dirname(text), constants.W_OK)
    if (found !== undefined) accessSync(text, constants.W_OK)
  } catch {
    throw new InvalidArgumentError('Expected a file that can be written, in a folder that exists.')
  }
  return text
}
