// Optimizers, schedules and losses by name, and how the command line's words become one of each.

import { huber, mae } from '../losses/absolute-error.js'
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { hinge } from '../losses/hinge.js'
import { klDivergence } from '../losses/kl-divergence.js'
import type { Loss, TargetKind } from '../losses/loss.js'
import { nll } from '../losses/nll.js'
import { halfSquaredError, mse } from '../losses/squared-error.js'
import { Adagrad } from '../optim/adagrad.js'
import { Adam } from '../optim/adam.js'
import { AdamW } from '../optim/adamw.js'
import type { Optimizer } from '../optim/optimizer.js'
import { RMSprop } from '../optim/rmsprop.js'
import { SGD } from '../optim/sgd.js'
import { cosine } from '../schedules/cosine.js'
import { cosineRestarts } from '../schedules/cosine-restarts.js'
import type { Curve } from '../schedules/curve.js'
import { exponential } from '../schedules/exponential.js'
import { multiStep } from '../schedules/multi-step.js'
import { oneCycle } from '../schedules/one-cycle.js'
import { plateau } from '../schedules/plateau.js'
import { polynomial } from '../schedules/polynomial.js'
import type { Schedule } from '../schedules/schedule.js'
import { step } from '../schedules/step.js'
import { warmUp } from '../schedules/warm-up.js'
import { UsageError } from './errors.js'
import type { Named } from './named.js'

/** Settings from the command line; whoever makes something of them checks names and values. */
type Settings = Readonly<Record<string, unknown>>

/** How a network is trained where the command line does not say otherwise. */
export interface Recipe {
  readonly epochs: number
  readonly batchSize: number
  readonly optimizer: OptimizerName
  readonly lr: number
  readonly schedule?: ScheduleName
}

/** Of models from files, which know of none. */
export const plainRecipe: Recipe = { epochs: 1, batchSize: 100, optimizer: 'adam', lr: 0.001 }

/** What of the recipe the command line said. */
export interface RecipeOptions {
  readonly lr?: number
  readonly optimizer?: Named
  readonly momentum?: number
  readonly weightDecay?: number
  readonly schedule?: Named
  readonly warmUp?: number
  readonly loss?: Named
  readonly validationSplit?: number
}

/** Each with the rate that it is tried with first, the default of its class. */
const optimizers = {
  sgd: { lr: 0.01, make: (options: Settings) => new SGD(options) },
  momentum: { lr: 0.01, make: (options: Settings) => new SGD({ momentum: 0.9, ...options }) },
  adam: { lr: 0.001, make: (options: Settings) => new Adam(options) },
  adamw: { lr: 0.001, make: (options: Settings) => new AdamW(options) },
  rmsprop: { lr: 0.01, make: (options: Settings) => new RMSprop(options) },
  adagrad: { lr: 0.01, make: (options: Settings) => new Adagrad(options) },
} as const
type OptimizerName = keyof typeof optimizers
export const optimizerNames = Object.keys(optimizers) as OptimizerName[]

/** From a rate and what else the command line says of it. */
const schedules = {
  step: (lr: number, settings: Settings) => step({ from: lr, ...settings } as never),
  'multi-step': (lr: number, settings: Settings) => multiStep({ from: lr, ...settings } as never),
  exponential: (lr: number, settings: Settings) => exponential({ from: lr, ...settings } as never),
  polynomial: (lr: number, settings: Settings) => polynomial({ from: lr, ...settings }),
  cosine: (lr: number, settings: Settings) => cosine({ from: lr, ...settings }),
  'cosine-restarts': (lr: number, settings: Settings) => cosineRestarts({ from: lr, ...settings } as never),
  plateau: (lr: number, settings: Settings) => plateau({ from: lr, ...settings }),
  'one-cycle': (lr: number, settings: Settings) => oneCycle({ max: lr, ...settings }),
} as const
type ScheduleName = keyof typeof schedules
/** With `constant`, which leaves the schedule of a recipe out. */
export const scheduleNames = ['constant', ...Object.keys(schedules)]

const losses = {
  'cross-entropy': crossEntropy,
  nll,
  'binary-cross-entropy': binaryCrossEntropy,
  mse,
  'half-squared-error': halfSquaredError,
  mae,
  huber,
  hinge,
  'kl-divergence': klDivergence,
} as const
type LossName = keyof typeof losses
export const lossNames = Object.keys(losses) as LossName[]
/** For targets that are classes, and for numbers. */
const defaultLosses: Readonly<Record<TargetKind, LossName>> = { labels: 'cross-entropy', dense: 'mse' }
export const lossHelp = `${lossNames.join(', ')} (default: ${defaultLosses.labels}, for numbers ${defaultLosses.dense})`

/** The loss that the command line names, or that suits targets. Throws a UsageError for settings that it does not take. */
export function lossOf(given: Named | undefined, targets: TargetKind = 'labels'): Loss {
  const { name, settings } = given ?? { name: defaultLosses[targets], settings: {} }
  // A number per sample is no loss to train with; the library says so.
  return checked('--loss', () => losses[name as LossName](settings) as Loss)
}

/** The optimizer of `recipe`, as far as `options` does not name another one. Throws a UsageError. */
export function optimizerOf(recipe: Recipe, options: RecipeOptions): Optimizer {
  const { momentum, weightDecay } = options
  const name = (options.optimizer?.name ?? recipe.optimizer) as OptimizerName
  // The rate and the schedule of a recipe suit its optimizer.
  const isRecipes = name === recipe.optimizer
  const lr = options.lr ?? (isRecipes ? recipe.lr : optimizers[name].lr)
  const schedule =
    options.schedule ?? (isRecipes && recipe.schedule ? { name: recipe.schedule, settings: {} } : undefined)
  if (momentum !== undefined && name !== 'sgd' && name !== 'momentum') {
    throw new UsageError(`--momentum goes with --optimizer sgd or momentum, not with ${name}`)
  }
  if (
    schedule?.name === 'plateau' &&
    options.validationSplit === undefined &&
    schedule.settings.monitor === undefined
  ) {
    throw new UsageError('--schedule plateau needs --validation-split as well, or plateau:monitor=loss')
  }
  const rate = rateOf(lr, schedule, options.warmUp)
  return checked('--optimizer', () =>
    optimizers[name].make({
      lr: rate,
      ...(momentum === undefined ? {} : { momentum }),
      ...(weightDecay === undefined ? {} : { weightDecay }),
      ...options.optimizer?.settings,
    }),
  )
}

function rateOf(lr: number, schedule: Named | undefined, rise: number | undefined): number | Schedule {
  const curve = checked('--schedule', (): number | Curve =>
    schedule === undefined || schedule.name === 'constant'
      ? lr
      : schedules[schedule.name as ScheduleName](lr, schedule.settings),
  )
  return rise === undefined ? curve : checked('--warm-up', () => warmUp(rise, curve))
}

/** What `make` makes; settings that it does not take are wrong usage of `option`. */
function checked<T>(option: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`)
  }
}
