// Optimizer steps: parameters and moments change in place, element by element.

import type { LoopArguments } from './loop.js'

/** parameters -= lr · (gradients + weightDecay · parameters). */
export function sgdStep({ parameters, gradients, n, lr, weightDecay }: LoopArguments<'sgdStep'>): undefined {
  for (let i = 0; i < n; i++) parameters[i] -= lr * (gradients[i] + weightDecay * parameters[i])
}

/** g = gradients + weightDecay · parameters; v = momentum · v + g; parameters -= lr · v, or lr · (g + momentum · v). */
export function momentumStep(args: LoopArguments<'momentumStep'>): undefined {
  const { parameters, velocity, gradients, n, nesterov, lr, momentum, weightDecay } = args
  for (let i = 0; i < n; i++) {
    const g = gradients[i] + weightDecay * parameters[i]
    const v = momentum * velocity[i] + g
    velocity[i] = v
    parameters[i] -= lr * (nesterov === 1 ? g + momentum * v : v)
  }
}

/** g = gradients + weightDecay · parameters; squares += g²; parameters -= lr · g / (√squares + epsilon). */
export function adagradStep(args: LoopArguments<'adagradStep'>): undefined {
  const { parameters, squares, gradients, n, lr, epsilon, weightDecay } = args
  for (let i = 0; i < n; i++) {
    const g = gradients[i] + weightDecay * parameters[i]
    const s = squares[i] + g * g
    squares[i] = s
    parameters[i] -= (lr * g) / (Math.sqrt(s) + epsilon)
  }
}

/** As adagradStep, with squares = alpha · squares + (1 - alpha) · g². */
export function rmspropStep(args: LoopArguments<'rmspropStep'>): undefined {
  const { parameters, squares, gradients, n, lr, alpha, epsilon, weightDecay } = args
  for (let i = 0; i < n; i++) {
    const g = gradients[i] + weightDecay * parameters[i]
    const s = alpha * squares[i] + (1 - alpha) * g * g
    squares[i] = s
    parameters[i] -= (lr * g) / (Math.sqrt(s) + epsilon)
  }
}

/**
 * g = gradients + weightDecay · parameters; m = beta1 · m + (1 - beta1) · g; s = beta2 · s + (1 - beta2) · g²;
 * parameters = (1 - shrink) · parameters - lr · m / (√s · rootScale + epsilon).
 */
export function adamStep(args: LoopArguments<'adamStep'>): undefined {
  const { parameters, mean, squares, gradients, n, lr, beta1, beta2, rootScale, epsilon, weightDecay, shrink } = args
  for (let i = 0; i < n; i++) {
    const g = gradients[i] + weightDecay * parameters[i]
    const m = beta1 * mean[i] + (1 - beta1) * g
    const s = beta2 * squares[i] + (1 - beta2) * g * g
    mean[i] = m
    squares[i] = s
    parameters[i] = (1 - shrink) * parameters[i] - (lr * m) / (Math.sqrt(s) * rootScale + epsilon)
  }
}

/** averages += share · (parameters - averages). */
export function averageStep({ averages, parameters, n, share }: LoopArguments<'averageStep'>): undefined {
  for (let i = 0; i < n; i++) averages[i] += share * (parameters[i] - averages[i])
}
