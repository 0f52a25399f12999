// Predictions as workloads: `mlp50-predict-1` is one sample through mlp50.

export interface Prediction {
  readonly network: string
  readonly rows: number
}

export const predictionNames = ['mlp50', 'simpleconv'].flatMap((network) =>
  [1, 100].map((rows) => `${network}-predict-${rows}`),
)

/** What the workload `name` predicts; undefined for a training workload. */
export function predictionOf(name: string): Prediction | undefined {
  const [, network, rows] = /^(\w+)-predict-(\d+)$/.exec(name) ?? []
  return network === undefined ? undefined : { network, rows: Number(rows) }
}
