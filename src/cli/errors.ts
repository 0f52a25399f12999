// Errors of the command line itself.

/** A wrong value on the command line: one line on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
