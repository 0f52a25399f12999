// Groups: parameters that are trained otherwise than the rest of their model.

import { checkOptions, describe, netwrightError, requireFlag } from '../errors.js'
import { Layer } from '../layers/layer.js'
import type { Parameter } from '../layers/parameter.js'
import type { ParameterGroup } from '../model/parameter-store.js'
import { requirePositive } from '../optim/options.js'

/** Layers whose parameters are trained in a way of their own, as PyTorch's parameter groups are. */
export interface GroupOptions {
  readonly layers: Layer | readonly Layer[]
  /** Their learning rate is the optimizer's, or its schedule's, times this. Above 0; default 1. */
  readonly lrFactor?: number
  /** Whether the optimizer's weight decay applies to their weights; to biases it never does. Default true. */
  readonly weightDecay?: boolean
}

/** The layers of a group, as a list. */
export const layersOf = ({ layers }: GroupOptions): readonly Layer[] => (layers instanceof Layer ? [layers] : layers)

/** Checks what TypeScript would have checked, for those who write JavaScript. */
export function checkGroups(groups: unknown): void {
  if (!Array.isArray(groups)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: groups is ${describe(groups)}, expected a list such as [{ layers: model.layers[0], lrFactor: 0.1 }]`,
      'TypeError',
    )
  }
  groups.forEach((group: GroupOptions, i) => {
    const where = `fit: groups[${i}]`
    checkOptions(where, group, ['layers', 'lrFactor', 'weightDecay'])
    const layers: unknown = group.layers instanceof Layer ? [group.layers] : group.layers
    if (!Array.isArray(layers) || layers.length === 0 || !layers.every((layer) => layer instanceof Layer)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${where}: layers is ${describe(group.layers)}, expected a layer or a list of layers`,
        'TypeError',
      )
    }
    if (group.lrFactor !== undefined) requirePositive(`${where}: lrFactor`, group.lrFactor)
    if (group.weightDecay !== undefined) requireFlag(`${where}: weightDecay`, group.weightDecay)
  })
}

/**
 * The group of a parameter, undefined for those in none. Throws ERR_ARGUMENT for a layer that is in two groups, or in
 * none of the model's `layers`.
 */
export function groupsOf(
  groups: readonly GroupOptions[],
  layers: readonly Layer[],
): (parameter: Parameter) => ParameterGroup | undefined {
  const byParameter = new Map<Parameter, ParameterGroup>()
  const seen = new Set<Layer>()
  groups.forEach((group, i) => {
    const { lrFactor = 1, weightDecay = true } = group
    const own: ParameterGroup = { lrFactor, weightDecay }
    for (const layer of layersOf(group)) {
      const problem = seen.has(layer)
        ? 'is in a group already, expected each layer once'
        : "is none of this model's layers"
      if (seen.has(layer) || !layers.includes(layer)) {
        throw netwrightError('ERR_ARGUMENT', `fit: groups[${i}]: ${layer} ${problem}`)
      }
      seen.add(layer)
      for (const parameter of layer.parameters) byParameter.set(parameter, own)
    }
  })
  return (parameter) => byParameter.get(parameter)
}
