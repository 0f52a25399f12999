// What an action fails with: the stable code and the message of its error.

export interface Failure {
  readonly code: string | undefined
  readonly message: string
}

/** The error that `action` throws; itself an error if there is none. */
export function failure(action: () => unknown): Failure {
  try {
    action()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return { code, message }
  }
  throw new Error('expected an error, got none')
}

/** The error of `action`, thrown or rejected; itself an error if there is none. */
export async function failureOf(action: () => unknown): Promise<Failure> {
  try {
    await action()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return { code, message }
  }
  throw new Error('expected an error, got none')
}
