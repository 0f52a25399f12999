// Turns a kernel's failure during training into an error in the user's terms: which sample, what to look for.

import { netwrightError } from '../errors.js'
import { fillFailure } from '../kernels/check.js'
import type { RunResult } from '../kernels/plan.js'
import type { PassResult } from './data-steps.js'

/** Where it happened: `epoch 2, step 17`. */
export function trainingError(result: PassResult, order: Int32Array, where: string): Error {
  const failure = result.failure as RunResult
  const call = failure.failedCall
  const sample = order[result.cursor + failure.row]
  if (call?.kernel === 'checkFinite') {
    const what = call.owner === 'gradients' ? 'a gradient' : `the loss of sample ${sample} of the training data`
    return netwrightError(
      'ERR_NOT_FINITE',
      `Training stopped in ${where}: ${what} is ${failure.value}, expected a finite number. ` +
        'The model is as its last whole step left it. ' +
        'Usual causes: a learning rate that is too high, or inputs that are not scaled to about -1 … 1.',
      'RangeError',
    )
  }
  if (call?.kernel.startsWith('softmaxCrossEntropy') || call?.kernel === 'countCorrect') {
    return netwrightError(
      'ERR_LABEL',
      `Training stopped in ${where}: label ${failure.value} of sample ${sample} is not one of the model's classes. ` +
        'The labels were changed while training. The model is as its last whole step left it.',
      'RangeError',
    )
  }
  const text = call === undefined ? 'a kernel failed' : fillFailure(call.kernel, failure, {})
  return netwrightError('ERR_KERNEL', `Training stopped in ${where}: ${text}`)
}
