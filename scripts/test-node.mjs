// `npm run test:node`: trains an epoch under this Node and under newer ones, from the npm packages `node`, and compares
// the bits of what was learned. Needs the npm registry and the addon (npm run build).

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const versions = ['22', '24', '25']
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'netwright-node-'))

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options })
  if (status === 0) return stdout.trim()
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`)
}

const train = (node) => run(node, ['--import', 'tsx', 'test/train/same-bits-child.ts', 'jobs', '2'], { cwd: root })

try {
  const expected = train(process.execPath)
  console.log(`${process.version} ${expected}`)
  let same = true
  for (const version of versions) {
    const prefix = join(folder, version)
    run('npm', ['install', '--prefix', prefix, '--no-audit', '--no-fund', `node@${version}`], { cwd: folder })
    const node = join(prefix, 'node_modules/node/bin/node')
    const found = train(node)
    console.log(`${run(node, ['--version'])} ${found}${found === expected ? '' : '  differs'}`)
    same &&= found === expected
  }
  process.exitCode = same ? 0 : 1
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
