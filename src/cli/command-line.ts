// The command line that this process was started by, to be typed again.

import { basename } from 'node:path'

/** How the program was called, and `words` behind what was said to it. */
export function commandLine(words: readonly string[] = []): string {
  const [, program = 'netwright', ...args] = process.argv
  return [...calledAs(program), ...args.filter((arg) => !words.includes(arg)), ...words].map(quoted).join(' ')
}

function calledAs(program: string): readonly string[] {
  if (process.env.npm_command === 'exec') return ['npx', 'netwright']
  return program.endsWith('.js') ? ['node', program] : [basename(program)]
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}
