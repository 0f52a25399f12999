// Turns a step that failed into an error in the user's terms: which sample, what to look for.

import { netwrightError } from '../errors.js'
import { declaredFailure } from '../kernels/check.js'
import type { RunResult } from '../kernels/plan.js'
import type { Loss } from '../losses/loss.js'
import { gradientsOwner } from '../model/step.js'

/** What was being done, for the message: `Training stopped in epoch 2, step 17`. */
export interface FailedStep {
  readonly what: 'Training' | 'Evaluation'
  readonly where: string
  /** The sample at row `row` of the batch that failed. */
  readonly sampleAt: (row: number) => number | undefined
  readonly loss: Loss
}

/** The error for a failed run; what a host function threw is passed on as it is. */
export function stepError(result: RunResult, { what, where, sampleAt, loss }: FailedStep): unknown {
  const { failedCall: call, row, value } = result
  if (call === undefined || call.kind === 'host') return result.error
  const stopped = `${what} stopped in ${where}:`
  const unharmed = what === 'Training' ? ' The model is as its last whole step left it.' : ''
  const kind = declaredFailure(call.kernel, result)?.kind
  if (kind === 'notFinite') {
    const place =
      call.owner === gradientsOwner
        ? 'a gradient'
        : call.owner === loss.name
          ? `the loss of sample ${sampleAt(row)}`
          : `a value in ${call.owner}`
    return netwrightError(
      'ERR_NOT_FINITE',
      `${stopped} ${place} is ${value}, expected a finite number.${unharmed} ` +
        'Usual causes: a learning rate that is too high, or inputs that are not scaled to about -1 … 1.',
      'RangeError',
    )
  }
  if (kind === 'label') {
    return netwrightError(
      'ERR_LABEL',
      `${stopped} label ${value} of sample ${sampleAt(row)} is not one of the model's classes; ` +
        `the labels were changed meanwhile.${unharmed}`,
      'RangeError',
    )
  }
  return netwrightError('ERR_KERNEL', `${stopped} ${call.owner}: ${result.message}.${unharmed}`, 'RangeError')
}
