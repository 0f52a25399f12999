// Every error that netwright throws on purpose carries a stable `code`; the message may change, the code may not.

/** Stable error codes, for `catch (e) { if (e.code === 'ERR_SHAPE') … }`. */
export type ErrorCode =
  | 'ERR_ARGUMENT' // an option or argument has the wrong type or value
  | 'ERR_SHAPE' // shapes do not fit together
  | 'ERR_KERNEL' // a kernel's precondition is false
  | 'ERR_LABEL' // a class label is outside 0..classes-1
  | 'ERR_NOT_FINITE' // NaN or Infinity where a finite number is needed
  | 'ERR_DATA' // a data file or data set is missing, damaged or empty
  | 'ERR_FILE' // a model's file is missing, damaged or does not fit the model; a file cannot be written
  | 'ERR_BACKEND' // the wanted backend, ISA or thread count is not available
  | 'ERR_PLATFORM' // needs Node, and this is a browser
  | 'ERR_MEMORY' // more memory is needed than there is
  | 'ERR_STATE' // called at the wrong time: while recording, while training, before forward
  | 'ERR_RECORDING' // something that a plan cannot record

const constructors = { Error, TypeError, RangeError }

/** Makes an error with a stable `code`; `type` picks the constructor (default `Error`). */
export function netwrightError(
  code: ErrorCode,
  message: string,
  type: keyof typeof constructors = 'Error',
): Error & { readonly code: ErrorCode } {
  return Object.assign(new constructors[type](message), { code })
}

/** What would help: by the option of the function that failed, how to use it. */
export type Remedies = Readonly<Record<string, string>>

interface Advice {
  readonly problem: string
  readonly remedies: Remedies
}

const advice = new WeakMap<Error, Advice>()

/**
 * `error` with `remedies` behind its message: `problem; remedy; remedy`. `adviceOf` tells them apart again, for callers
 * whose options have other names.
 */
export function withRemedies<E extends Error>(error: E, remedies: Remedies): E {
  advice.set(error, { problem: error.message, remedies })
  error.message = [error.message, ...Object.values(remedies)].join('; ')
  return error
}

/** What is wrong and what would help, of an error that says so. */
export const adviceOf = (error: unknown): Advice | undefined => advice.get(error as Error)

/** Describes any value briefly for an error message: `'abc'`, `-3`, `[1, 2, …] (5 items)`, `a Tensor`. */
export function describe(value: unknown): string {
  if (typeof value === 'function') {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value))
    const name = value.name || 'without a name'
    return isClass ? `the class ${name} (new is missing)` : `the function ${name}`
  }
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Array.isArray(value)) {
    const items = value.slice(0, 3).map(describe).join(', ')
    return value.length > 3 ? `[${items}, …] (${value.length} items)` : `[${items}]`
  }
  if (typeof value === 'object' && value !== null) {
    // Generators and the like have a constructor without a name, but a tag.
    const name = value.constructor?.name || (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] || 'object'
    if (ArrayBuffer.isView(value)) return `${name}(${(value as { length?: number }).length})`
    return `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name}`
  }
  return String(value)
}

/** `1 image`, `2 images`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`

/** Throws ERR_ARGUMENT unless `options` is a plain object with no other names than `known`. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  const isPlain =
    typeof options === 'object' && options !== null && [Object.prototype, null].includes(Object.getPrototypeOf(options))
  if (!isPlain) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: options is ${describe(options)}, expected an object with ${known.join(', ')}`,
      'TypeError',
    )
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: unknown option '${unknown}', expected ${known.join(', ')}`,
    'TypeError',
  )
}

/** `value` where it is a finite number that `fits`; else throws ERR_ARGUMENT: `Huber: delta is -1, expected …`. */
export function requireNumber(
  what: string,
  value: unknown,
  expected = 'a finite number',
  fits: (value: number) => boolean = () => true,
): number {
  if (typeof value === 'number' && Number.isFinite(value) && fits(value)) return value
  throw netwrightError('ERR_ARGUMENT', `${what} is ${describe(value)}, expected ${expected}`, 'RangeError')
}

/** `value` if it is true or false; throws ERR_ARGUMENT, naming it `what`, otherwise: 'false' is a text, and true. */
export function requireFlag(what: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw netwrightError('ERR_ARGUMENT', `${what} is ${describe(value)}, expected true or false`, 'TypeError')
}

/** `value` if it is a whole number from `least`; throws ERR_ARGUMENT, naming it `what`, otherwise. */
export function requireWhole(what: string, value: unknown, least = 1): number {
  return requireNumber(
    what,
    value,
    `a whole number from ${least}`,
    (number) => Number.isSafeInteger(number) && number >= least,
  )
}
