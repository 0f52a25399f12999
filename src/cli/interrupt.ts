// Ctrl-C: the first stops a run between two steps, the second ends the process.

export interface Interrupt {
  readonly signal: AbortSignal
  /** What to put right before a second Ctrl-C ends the process. */
  onForce: () => void
  release(): void
}

/** The first Ctrl-C aborts the signal, the second ends the process. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController()
  const onInterrupt = (): void => {
    if (controller.signal.aborted) {
      interrupt.onForce()
      process.exit(130)
    }
    controller.abort()
  }
  const interrupt: Interrupt = {
    signal: controller.signal,
    onForce: () => {},
    release: () => process.off('SIGINT', onInterrupt),
  }
  process.on('SIGINT', onInterrupt)
  return interrupt
}
