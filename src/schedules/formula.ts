// What every kind of schedule says of itself.

/** The kind of schedule `S`. Schedules are plain values; what they come to is here. */
export interface Formula<S> {
  /** Checks options and makes a schedule of them; also of those of a schedule that was read from JSON. */
  readonly make: (options: never) => S
  /** Whether it ends, and so must know its steps. */
  readonly ends: boolean
  /** Its value at `step`, from 0. `steps`: where it ends, if it does; it stays there. */
  readonly at: (schedule: S, step: number, steps: number) => number
  /** A number that its values do not exceed. */
  readonly highest: (schedule: S) => number
}
