// What the library says of its options, in words of the command line.

import { adviceOf } from '../errors.js'

/** An option of the library under the same name. */
const sameName = (option: string): ((remedy: string) => string) => {
  return (remedy) => remedy.replaceAll(`${option}: `, `--${option} `)
}

/** How remedies are said here, by the library's option. Those of an option that the command line has not are left out. */
const inWords: Readonly<Record<string, (remedy: string) => string>> = {
  task: sameName('task'),
  missing: sameName('missing'),
  delimiter: sameName('delimiter'),
  channels: sameName('channels'),
  header: (remedy) => remedy.replace('header: false', '--no-header'),
  width: (remedy) => remedy.replace('width and height', '--image-size WIDTHxHEIGHT'),
  features: () => 'leave it out of the file',
  download: (remedy) => remedy.replace(/\w+\(\{ download: true \}\)/, '--download'),
  dir: (remedy) => remedy.replace(/\bdir\b/, '--data DIR').replace(/imageFolder\((.*)\)/, '--dataset $1'),
}

/** Functions that commands call, and their options that the command line has under the same name. */
const complaint = /^(?:readCsv|imageFolder|predict): (?:(target|task|missing|delimiter|channels)(?= is ))?/

/** The message of `error`, with flags in place of options. */
export function inFlags(error: Error): string {
  const { problem, remedies } = adviceOf(error) ?? { problem: error.message, remedies: {} }
  const said = problem.replace(complaint, (_, option?: string) => (option === undefined ? '' : `--${option}`))
  const helps = Object.entries(remedies).flatMap(([option, remedy]) => inWords[option]?.(remedy) ?? [])
  return [said, ...helps].join('; ')
}
