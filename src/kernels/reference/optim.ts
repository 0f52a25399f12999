// Optimizer steps.

import type { LoopArguments } from './loop.js'

/** parameters -= lr · (gradients + weightDecay · parameters). */
export function sgdStep({ parameters, gradients, n, lr, weightDecay }: LoopArguments<'sgdStep'>): undefined {
  for (let i = 0; i < n; i++) parameters[i] -= lr * (gradients[i] + weightDecay * parameters[i])
}
