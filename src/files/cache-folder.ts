// Where downloaded files are kept.

import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * The folder that the environment variable NETWRIGHT_CACHE names; without it `netwright` in the user's folder of caches:
 * $XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows. It may not be there yet.
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.NETWRIGHT_CACHE) return resolve(env.NETWRIGHT_CACHE)
  const home = homedir()
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'netwright')
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'netwright')
  // The specification of XDG: a relative path is none.
  const base = env.XDG_CACHE_HOME
  return join(base !== undefined && isAbsolute(base) ? base : join(home, '.cache'), 'netwright')
}
