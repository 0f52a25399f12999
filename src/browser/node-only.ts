// What stands in the bundle for everything that only Node has: it says so when it is used.

import { netwrightError } from '../errors.js'

const nodeOnly = (name: string): Error =>
  netwrightError(
    'ERR_PLATFORM',
    `${name} needs Node.js, and this is a browser: fetch data and pass them as typed arrays, new Dataset(x, y); keep ` +
      'weights by stateDict() and loadStateDict()',
  )

/** For an asynchronous function. */
export const nodePromise = (name: string) => async (): Promise<never> => {
  throw nodeOnly(name)
}

/** For any other, or a class. */
export const nodeFunction = (name: string) =>
  function throwNodeOnly(): never {
    throw nodeOnly(name)
  }
