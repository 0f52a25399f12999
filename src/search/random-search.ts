// Random search for hyper-parameters, in rounds that narrow the spaces to where the best trials were.

import { checkOptions, describe, netwrightError, requireNumber } from '../errors.js'
import { checkSeed, Random } from '../random/random.js'
import { SearchResult } from './search-result.js'
import type { SearchParameters, SearchSpaces } from './space.js'

/** What an objective is told besides its hyper-parameters. */
export interface TrialContext {
  /** 1 for the first trial; counts on from round to round. */
  readonly trial: number
  /** A seed of this trial's own, for its model. */
  readonly seed: number
  /** The search's signal: pass it on to `fit`. */
  readonly signal: AbortSignal | undefined
}

/** What an objective answers: a score, or an object with it and whatever else is to be kept. */
export type TrialOutcome = number | { readonly score: number }

export interface Trial<Spaces extends SearchSpaces = SearchSpaces> {
  readonly trial: number
  /** 1 for the first round. */
  readonly round: number
  readonly params: SearchParameters<Spaces>
  readonly seed: number
  /** NaN for a trial that failed. */
  readonly score: number
  /** What the objective answered. */
  readonly outcome?: TrialOutcome
  /** Why the trial failed. */
  readonly error?: unknown
  readonly seconds: number
}

export interface RandomSearchOptions<Spaces extends SearchSpaces> {
  /** `{ lr: logUniform(1e-6, 1e-2), hidden: choice([50, 100]), momentum: uniformIn(0.5, 0.99) }`. */
  readonly space: Spaces
  /** Trials in each round. */
  readonly trials: number
  /** Default 1. Each but the first draws from spaces narrowed to the best trials so far. */
  readonly rounds?: number
  /** The score of these hyper-parameters, measured on validation data, never on test data. */
  readonly objective: (params: SearchParameters<Spaces>, context: TrialContext) => TrialOutcome | Promise<TrialOutcome>
  /** Whether a higher score is better. Default true, as for an accuracy; false for a loss. */
  readonly maximize?: boolean
  /** Share of a round's trials, above 0 to 1, that decide how the spaces are narrowed. Default 0.2. */
  readonly keep?: number
  /** Same seed, same hyper-parameters and seeds of trials. Default 0. */
  readonly seed?: number
  /** Ends the search; it then resolves with the whole trials so far, `stopped: true`. */
  readonly signal?: AbortSignal
  readonly onTrial?: (
    trial: Trial<Spaces>,
    progress: { readonly best: Trial<Spaces> | undefined; readonly total: number },
  ) => void
}

const optionNames = ['space', 'trials', 'rounds', 'objective', 'maximize', 'keep', 'seed', 'signal', 'onTrial']

/**
 * Tries `trials` random draws from `space` in each of `rounds` rounds, one after the other. A trial whose objective
 * throws, or whose score is not finite, is kept with its error, and the search goes on.
 *
 * The draw of a hyper-parameter depends on (seed, trial, its name) and its space only.
 * Throws ERR_ARGUMENT for an option that is missing, unknown or out of range.
 */
export async function randomSearch<Spaces extends SearchSpaces>(
  options: RandomSearchOptions<Spaces>,
): Promise<SearchResult<Spaces>> {
  checkSearchOptions(options)
  const { trials, rounds = 1, maximize = true, keep = 0.2, seed = 0, signal, onTrial } = options
  let { space } = options
  const spaces: Spaces[] = []
  const done: Trial<Spaces>[] = []
  const result = (stopped: boolean) => new SearchResult<Spaces>(done, spaces, maximize, stopped)
  for (let round = 1; round <= rounds; round++) {
    if (round > 1) space = narrow(space, result(false).succeeded.slice(0, Math.ceil(keep * trials)))
    spaces.push(space)
    for (let i = 0; i < trials; i++) {
      const trial = done.length + 1
      const context = { trial, seed: new Random(seed, `trial ${trial}`).bits(), signal }
      const finished = signal?.aborted ? undefined : await runTrial(options, draw(space, seed, trial), round, context)
      // What an objective answers after an abort tells nothing of its hyper-parameters.
      if (finished === undefined || signal?.aborted) return result(true)
      done.push(finished)
      onTrial?.(finished, { best: result(false).succeeded[0], total: trials * rounds })
    }
  }
  return result(false)
}

async function runTrial<Spaces extends SearchSpaces>(
  { objective }: RandomSearchOptions<Spaces>,
  params: SearchParameters<Spaces>,
  round: number,
  context: TrialContext,
): Promise<Trial<Spaces>> {
  const { trial, seed } = context
  const start = performance.now()
  const finish = (rest: Pick<Trial, 'score' | 'outcome' | 'error'>): Trial<Spaces> => {
    const seconds = (performance.now() - start) / 1e3
    return { trial, round, params, seed, ...rest, seconds }
  }
  try {
    const outcome = await objective(params, context)
    const score: unknown = typeof outcome === 'object' && outcome !== null ? outcome.score : outcome
    if (typeof score === 'number' && Number.isFinite(score)) return finish({ score, outcome })
    throw netwrightError(
      typeof score === 'number' ? 'ERR_NOT_FINITE' : 'ERR_ARGUMENT',
      `randomSearch: trial ${trial} gave the score ${describe(score)}, expected a finite number or { score }`,
    )
  } catch (error) {
    return finish({ score: Number.NaN, error })
  }
}

function draw<Spaces extends SearchSpaces>(space: Spaces, seed: number, trial: number): SearchParameters<Spaces> {
  return mapSpaces(space, (one, name) =>
    one.draw(new Random(seed, `trial ${trial}: ${name}`)),
  ) as SearchParameters<Spaces>
}

/** `space` around the parameters of `best`; as it is where nothing succeeded. */
function narrow<Spaces extends SearchSpaces>(space: Spaces, best: readonly Trial<Spaces>[]): Spaces {
  if (best.length === 0) return space
  return mapSpaces(space, (one, name) => one.narrow(best.map(({ params }) => params[name]))) as unknown as Spaces
}

function mapSpaces<T>(
  spaces: SearchSpaces,
  change: (space: SearchSpaces[string], name: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(spaces).map(([name, space]) => [name, change(space, name)]))
}

function checkSearchOptions<Spaces extends SearchSpaces>(options: RandomSearchOptions<Spaces>): void {
  const where = 'randomSearch'
  checkOptions(where, options, optionNames)
  const { space, trials, rounds = 1, objective, keep = 0.2, seed = 0, signal, onTrial, maximize = true } = options
  const refuse = (name: string, value: unknown, expected: string): never => {
    throw netwrightError('ERR_ARGUMENT', `${where}: ${name} is ${describe(value)}, expected ${expected}`, 'TypeError')
  }
  const entries = typeof space === 'object' && space !== null ? Object.entries(space) : []
  if (entries.length === 0) refuse('space', space, 'an object such as { lr: logUniform(1e-6, 1e-2) }')
  for (const [name, one] of entries) {
    if (typeof one?.draw === 'function' && typeof one.narrow === 'function') continue
    refuse(`space.${name}`, one, 'logUniform(low, high), uniformIn(low, high) or choice([…])')
  }
  const isCount = (value: number) => Number.isInteger(value) && value >= 1
  requireNumber(`${where}: trials`, trials, 'a whole number from 1', isCount)
  requireNumber(`${where}: rounds`, rounds, 'a whole number from 1', isCount)
  requireNumber(`${where}: keep`, keep, 'a share above 0, up to 1', (value) => value > 0 && value <= 1)
  checkSeed(where, seed)
  if (typeof objective !== 'function') refuse('objective', objective, 'a function that answers a score')
  if (onTrial !== undefined && typeof onTrial !== 'function') refuse('onTrial', onTrial, 'a function')
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse('signal', signal, 'an AbortSignal')
  if (typeof maximize !== 'boolean') refuse('maximize', maximize, 'true or false')
}
