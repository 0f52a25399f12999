// A name with settings in one word of the command line: `adam`, `step:every=500,gamma=0.5`, `adam:betas=0.9+0.95`.

import { InvalidArgumentError } from 'commander'
import { suggestion } from '../closest.js'

/** One of a list of names, and what to make it with. */
export interface Named {
  readonly name: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** A parser for one of `names` with or without settings. */
export function named(names: readonly string[]): (text: string) => Named {
  return (text) => {
    const [name = '', ...rest] = text.split(':')
    if (!names.includes(name)) {
      throw new InvalidArgumentError(`Expected ${names.join(', ')}.${suggestion(name, names)}`)
    }
    return { name, settings: rest.length === 0 ? {} : settingsIn(rest.join(':'), 'step:every=500,gamma=0.5') }
  }
}

/** The settings of `every=500,gamma=0.5`; where there are none, the error names `example`. */
export function settingsIn(text: string, example: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(text.split(',').map((part) => settingOf(part, example)))
}

function settingOf(text: string, example: string): readonly [string, unknown] {
  const [, name, value] = /^([A-Za-z]\w*)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError(`Expected settings such as ${example}; got '${text}'.`)
  }
  return [name, value.includes('+') ? value.split('+').map(valueIn) : valueIn(value)]
}

/** Numbers and true or false as such, anything else as the text that it is. */
function valueIn(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return Number.isNaN(number) ? text : number
}
