// The option --augment: how samples are changed at random, in one word of the command line.

import { InvalidArgumentError } from 'commander'
import { suggestion } from '../closest.js'
import { type AugmentOptions, augmentNames, augmentSettings } from '../model/augment-options.js'
import { settingsIn } from './named.js'

const example = 'shift=2,rotate=10,flip=horizontal'

export const augmentHelp = `change the training samples at random, anew in every epoch: ${example}; also ${augmentNames
  .filter((name) => !example.includes(`${name}=`))
  .join(', ')}`

/** A parser for it. */
export function augment(text: string): AugmentOptions {
  const settings = settingsIn(text, example)
  const unknown = Object.keys(settings).find((name) => !(augmentNames as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `Expected settings of ${augmentNames.join(', ')}; got '${unknown}'.${suggestion(unknown, augmentNames)}`,
    )
  }
  try {
    augmentSettings('augment', settings)
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`)
  }
  return settings
}
