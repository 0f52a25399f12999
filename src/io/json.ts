// JSON as files have it that others wrote: held to what JSON.parse would pass over.

import { describe } from '../errors.js'

/** The value of `text`. Throws an error for what is no JSON, a key that is there twice, or more than `deepest` brackets. */
export function parseJson(text: string, deepest: number): unknown {
  const problem = structureProblem(text, deepest)
  if (problem !== undefined) throw new Error(problem)
  return JSON.parse(text)
}

/**
 * What JSON.parse would not tell: objects with a key twice, of which it takes the last one, and depth, which costs far
 * more memory than the text. Works on any text.
 */
function structureProblem(text: string, deepest: number): string | undefined {
  const open: Set<string>[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '{' || character === '[') {
      open.push(new Set())
      if (open.length > deepest) return `more than ${deepest} brackets deep`
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      const start = i++
      while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
      let next = i + 1
      while (' \t\r\n'.includes(text[next] ?? '-')) next++
      if (text[next] !== ':') continue
      const key = JSON.parse(text.slice(start, i + 1)) as string
      const keys = open.at(-1)
      if (keys?.has(key)) return `key ${describe(key)} is there twice`
      keys?.add(key)
    }
  }
  return undefined
}
