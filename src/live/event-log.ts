// What a page that opens late, or comes back, is to be told: curves as far as they are, and the last word on all else.

import type { Messages } from './messages.js'

export interface LiveEvent {
  /** Counted from 1; browsers name the last one that they have when they come back. */
  readonly id: number
  readonly type: keyof Messages
  /** JSON in one line. */
  readonly data: string
}

/** Points of a curve that are kept: more than a screen has columns. */
const mostPoints = 2048

export class EventLog {
  #lastId = 0
  readonly #latest = new Map<keyof Messages, LiveEvent>()
  readonly #curves = new Map<keyof Messages, LiveEvent[]>()

  /** Forgets everything; numbers go on. */
  clear(): void {
    this.#latest.clear()
    this.#curves.clear()
  }

  /** An event that replaces the one of its type. */
  replace<T extends keyof Messages>(type: T, message: Messages[T]): LiveEvent {
    const event = this.#make(type, message)
    this.#latest.set(type, event)
    return event
  }

  /** An event that stands beside those of its type. Of too many every second one goes. */
  append<T extends keyof Messages>(type: T, message: Messages[T]): LiveEvent {
    const event = this.#make(type, message)
    const curve = this.#curves.get(type) ?? []
    curve.push(event)
    this.#curves.set(type, curve.length <= mostPoints ? curve : curve.filter((_, i) => i % 2 === 1))
    return event
  }

  /** What the last event of the type says. */
  latest<T extends keyof Messages>(type: T): Messages[T] | undefined {
    const event = this.#latest.get(type)
    return event === undefined ? undefined : JSON.parse(event.data)
  }

  /** What came after the event `id`, in order. */
  since(id: number): readonly LiveEvent[] {
    const all = [...this.#latest.values(), ...[...this.#curves.values()].flat()]
    return all.filter((event) => event.id > id).sort((a, b) => a.id - b.id)
  }

  #make(type: keyof Messages, message: unknown): LiveEvent {
    return { id: ++this.#lastId, type, data: JSON.stringify(message) }
  }
}
