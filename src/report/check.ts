// Checks that the pictures have in common: what a caller may have got wrong about texts, counts, numbers and lists.

import { describe, netwrightError } from '../errors.js'

export function checkText(where: string, name: string, value: unknown): void {
  if (typeof value === 'string') return
  throw netwrightError('ERR_ARGUMENT', `${where}: ${name} is ${describe(value)}, expected a string`, 'TypeError')
}

/** A whole number of at least 1 and at most `most`, which keeps a picture drawable. */
export function checkCount(where: string, name: string, value: unknown, most = 16_384): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: ${name} is ${describe(value)}, expected a whole number from 1 to ${most}`,
    'RangeError',
  )
}

export function checkList(where: string, name: string, value: unknown): void {
  if (Array.isArray(value) && value.length > 0) return
  throw netwrightError('ERR_ARGUMENT', `${where}: ${name} is ${describe(value)}, expected a filled array`, 'TypeError')
}

export function checkNumbers(where: string, name: string, value: unknown): void {
  const isArray = Array.isArray(value)
  const isTyped = ArrayBuffer.isView(value) && !(value instanceof DataView) && typeof Object(value)[0] !== 'bigint'
  const wrong = isArray ? value.findIndex((item) => typeof item !== 'number') : -1
  if ((isArray || isTyped) && wrong < 0) return
  const found = wrong < 0 ? `${name} is ${describe(value)}` : `${name}[${wrong}] is ${describe((value as [])[wrong])}`
  throw netwrightError('ERR_ARGUMENT', `${where}: ${found}, expected an array or typed array of numbers`, 'TypeError')
}

/** [low, high], both finite and low < high. */
export function checkRange(where: string, name: string, value: unknown): void {
  const isPair = Array.isArray(value) && value.length === 2 && value.every(Number.isFinite)
  if (isPair && value[0] < value[1]) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: ${name} is ${describe(value)}, expected [low, high] with finite low < high`,
    'RangeError',
  )
}
