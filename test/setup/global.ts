// Runs once, before all tests: they need the built package and, unless NETWRIGHT_BACKEND=reference, the addon.
// What is missing is one message and the end, instead of hundreds of failures.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tryAddon } from '../../src/kernels/native/load.js'
import { tryModule } from '../../src/kernels/wasm/index.js'
import { hasNative, hasWasm } from './backend.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

function missingPart(): string | undefined {
  if (!existsSync(join(root, 'dist/kernels/declarations.js'))) {
    return 'The tests need the built package, and dist/ is missing. Build it with: npm run build'
  }
  if (hasWasm) {
    const module = tryModule()
    return module instanceof Error ? module.message : undefined
  }
  if (!hasNative) return undefined
  const addon = tryAddon()
  if (!(addon instanceof Error)) return undefined
  return `${addon.message}\nTo test without it, set NETWRIGHT_BACKEND=reference in the environment and run npm test again.`
}

function leftOut(): string {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.native.test.ts'))
    .map((name) => `  test/${name.replaceAll('\\', '/')}\n`)
  return (
    `NETWRIGHT_BACKEND=${process.env.NETWRIGHT_BACKEND}: this is the half of the tests that needs no addon. Left out: every test of native\n` +
    `kernels, what is marked as skipped, and these files:\n${files.sort().join('')}`
  )
}

export default function setup(): (() => void) | undefined {
  const problem = missingPart()
  if (problem !== undefined) {
    console.error(`\n${problem}\n`)
    // Thrown, it would come with a stack trace and a report of no tests.
    process.exit(1)
  }
  if (hasNative) return undefined
  const message = leftOut()
  console.log(`\n${message}`)
  // Said again beside the result, where it is seen.
  return () => console.log(`\n${message}`)
}
