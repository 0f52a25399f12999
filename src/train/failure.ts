// Turns a step that failed into an error in the user's terms: which sample, what to look for.

import { netwrightError } from '../errors.js'
import { declaredFailure } from '../kernels/check.js'
import type { RunResult } from '../kernels/plan.js'
import type { Loss } from '../losses/loss.js'
import { gradientsOwner } from '../model/step.js'
import type { Diagnosis } from './diagnose.js'
import { shortNumber } from './short-number.js'

/** What was being done, for the message: `Training stopped in epoch 2, step 17`. */
export interface FailedStep {
  readonly what: 'Training' | 'Evaluation'
  readonly where: string
  /** The sample at row `row` of the batch that failed. */
  readonly sampleAt: (row: number) => number | undefined
  readonly loss: Loss
  /** Finds out what was not finite; training only. */
  readonly diagnose?: () => Diagnosis | undefined
}

/** The error for a failed run; what a host function threw is passed on as it is. */
export function stepError(result: RunResult, { what, where, sampleAt, loss, diagnose }: FailedStep): unknown {
  const { failedCall: call, row, value } = result
  if (call === undefined || call.kind === 'host') return result.error
  const stopped = `${what} stopped in ${where}:`
  const unharmed = what === 'Training' ? ' The model is as its last whole step left it.' : ''
  const kind = declaredFailure(call.kernel, result)?.kind
  if (kind === 'notFinite') {
    const diagnosis = tryTo(diagnose)
    if (diagnosis !== undefined) return diagnosedError(stopped, unharmed, loss, diagnosis)
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

/** An ERR_NOT_FINITE of `fit`. */
export interface NotFiniteError extends RangeError {
  readonly code: 'ERR_NOT_FINITE'
  readonly diagnosis: Diagnosis
}

/** A layer that throws when it is computed again must not hide why the step failed. */
function tryTo<T>(work: (() => T) | undefined): T | undefined {
  try {
    return work?.()
  } catch {
    return undefined
  }
}

function diagnosedError(stopped: string, unharmed: string, loss: Loss, diagnosis: Diagnosis): Error {
  const { value, lastLosses, samples, advice } = diagnosis
  const losses = lastLosses.length === 0 ? '' : ` Last losses: ${lastLosses.map(shortNumber).join(', ')}.`
  const error = netwrightError(
    'ERR_NOT_FINITE',
    `${stopped} ${placeText(diagnosis, loss)} is ${value}, expected a finite number.${unharmed} ${advice}${losses} ` +
      `Samples of the batch: ${listText(samples)}.`,
    'RangeError',
  )
  return Object.assign(error, { diagnosis })
}

/** `the output of 2.Linear, first for sample 17,`. */
function placeText({ layer, tensor, sample }: Diagnosis, loss: Loss): string {
  if (layer !== undefined) return `the ${tensor} of ${layer}${sample === undefined ? '' : ` for sample ${sample}`}`
  const what = tensor.endsWith('loss') ? `${tensor} (${loss.name})` : tensor
  return `the ${what} of sample ${sample}`
}

const mostListed = 16

function listText(numbers: readonly number[]): string {
  const listed = numbers.slice(0, mostListed).join(', ')
  return numbers.length > mostListed ? `${listed}, … (${numbers.length} samples)` : listed
}
