// `--ui`: the page on which training is watched, of commands that train.

import type { Command } from 'commander'
import type { Dataset } from '../data/dataset.js'
import type { LivePage } from '../live/live-page.js'
import type { Interrupt } from './interrupt.js'
import { integer } from './options.js'

export interface LivePageSettings {
  /** The port; true: any that is free. */
  readonly ui?: number | true
  readonly uiKeep?: true
}

export const addLivePageOptions = (command: Command): Command =>
  command
    .option(
      '--ui [port]',
      'show a page on this machine while it trains: curves, pause and stop, a field to draw on (default: a free port)',
      integer(0, 65_535),
    )
    .option('--ui-keep', 'keep the page open after training, to draw, until Ctrl-C or its button Close')

/** The page, if it is asked for; Ctrl-C closes it. */
export async function livePageFor(
  { ui, uiKeep }: LivePageSettings,
  samples: Dataset,
  { signal }: Interrupt,
): Promise<LivePage | undefined> {
  if (ui === undefined && uiKeep === undefined) return undefined
  const { LivePage } = await import('../live/live-page.js')
  const page = new LivePage({ samples, keepOpen: uiKeep === true, ...(typeof ui === 'number' ? { port: ui } : {}) })
  signal.addEventListener('abort', () => void page.close('Stopped by Ctrl-C'), { once: true })
  return page
}

/** Waits for the end of a page that is kept open. */
export async function keepLivePage(page: LivePage | undefined): Promise<void> {
  if (page?.url === undefined) return
  process.stderr.write(`Training has ended; the live page stays until Ctrl-C or its button Close: ${page.url}\n`)
  await page.closed
}
