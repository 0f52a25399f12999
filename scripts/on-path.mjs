// Programs on the PATH.

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether `path` is a file that can be run. */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : ['']

/** The path of the first program of one of these names; undefined where there is none. */
export function onPath(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders
    .flatMap((folder) => names.flatMap((name) => suffixes.map((suffix) => join(folder, name + suffix))))
    .find(isProgram)
}
