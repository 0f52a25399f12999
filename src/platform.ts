// What the library asks of where it runs, here Node. The bundle for browsers has the same names: src/browser/platform.ts.

/** Whether compiled addons can be loaded. */
export const loadsAddons: boolean = true

/** An environment variable; undefined where it is not set or empty. */
export const setting = (name: string): string | undefined => process.env[name] || undefined

/** Tells of something that is no error, and goes on. */
export function warn(message: string, code: string): void {
  process.emitWarning(message, { type: 'NetwrightWarning', code })
}

/** Resolves when the event loop has had a turn: timers, files, other people's requests. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Bits of the colours that standard output shows; 1 where it is no terminal. */
export const colorDepth = (): number => (process.stdout.isTTY ? process.stdout.getColorDepth() : 1)

/** Where progress and profiles are written. */
export const progressStream = (): NodeJS.WriteStream => process.stderr
