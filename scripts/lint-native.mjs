// Checks the C++ files against .clang-format, where clang-format is installed; --write formats them.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const files = ['native', 'bench/peers']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.(cc|h)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !path.startsWith(join(root, 'native/build')) && !path.includes('node_modules'))

const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '-Werror']
const { status, error } = spawnSync('clang-format', [...mode, ...files], { cwd: root, stdio: 'inherit' })
if (error?.code === 'ENOENT') {
  console.log('C++ formatting: skipped, clang-format is not on the PATH')
} else {
  process.exitCode = status ?? 1
  if (status === 0) console.log(`C++ formatting: ${files.length} files ${mode[0] === '-i' ? 'written' : 'fit'}`)
}
