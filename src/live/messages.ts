// What the live page and its server say to each other: JSON, in server-sent events and in the bodies of requests.

/** Begins a run: all that does not change. The page forgets what it showed before. */
export interface RunMessage {
  readonly model: string
  readonly parameters: number
  readonly epochs: number
  /** The size of the pictures that the model takes, where it takes such as can be drawn. */
  readonly drawing?: { readonly height: number; readonly width: number }
  readonly samples: readonly SampleMessage[]
}

/** A sample whose prediction is shown. */
export interface SampleMessage {
  readonly picture?: Picture
  /** Its numbers, where it is no picture. */
  readonly text?: string
  readonly target: string
}

export interface Picture {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** Bytes, row by row, a pixel's channels side by side, in base64. */
  readonly pixels: string
}

/** A point of the curves: means since the point before. A number that is not finite is null. */
export interface PointMessage {
  /** Epochs so far, with the part of the one that runs. */
  readonly at: number
  readonly loss: number | null
  readonly accuracy?: number | null
  readonly lr: number
  /** Samples per second of training. */
  readonly rate: number
}

/** What an epoch's validation has measured, and where it ended. */
export interface EpochMessage {
  readonly at: number
  readonly valLoss?: number | null
  readonly valAccuracy?: number | null
}

export interface ProgressMessage {
  /** From 1. */
  readonly epoch: number
  readonly samples: number
  readonly totalSamples: number
  readonly steps: number
  /** Seconds left of the run, as far as that can be told. */
  readonly eta?: number
}

export type Prediction =
  | { readonly kind: 'classes'; readonly classes: readonly ClassProbability[] }
  | { readonly kind: 'values'; readonly text: string }

export interface ClassProbability {
  readonly name: string
  readonly probability: number
}

/** Of each sample of the run, in order. */
export type PredictionsMessage = readonly {
  readonly text: string
  readonly probability?: number
  readonly right?: boolean
}[]

export interface StateMessage {
  readonly state: 'running' | 'paused' | 'ended' | 'failed'
  /** Why training has ended, or why the page was closed before. */
  readonly reason?: string
  /** Whether the server goes on to answer. */
  readonly open: boolean
}

/** Whether training has ended, however it did. */
export const isOver = ({ state }: Pick<StateMessage, 'state'>): boolean => state === 'ended' || state === 'failed'

export interface Messages {
  run: RunMessage
  point: PointMessage
  epoch: EpochMessage
  progress: ProgressMessage
  predictions: PredictionsMessage
  state: StateMessage
}

export const actions = ['pause', 'resume', 'stop', 'close'] as const
/** What POST /control asks for: `{ "action": "pause" }`. */
export type Action = (typeof actions)[number]

/** The largest side of pictures that can be drawn. POST /predict has `{ "pixels": [0, …, 255] }`, row by row. */
export const largestDrawing = 64

export const tokenHeader = 'x-netwright-token'
