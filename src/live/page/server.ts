// Requests to the program that serves the page.

import { tokenHeader } from '../messages.js'

const token = new URLSearchParams(location.search).get('token') ?? ''

export const eventsUrl = `/events?token=${encodeURIComponent(token)}`

/** What the program answers; undefined where it does not. */
export async function post<T>(path: string, body: unknown): Promise<T | undefined> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [tokenHeader]: token },
      body: JSON.stringify(body),
    })
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    // The program has ended: the page's state says so.
    return undefined
  }
}
