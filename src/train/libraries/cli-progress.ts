// The progress bars of cli-progress, which is CommonJS: Node does not see its names. The build bundles it.

import cliProgress from 'cli-progress'

export const { Format, SingleBar } = cliProgress
export type SingleBar = cliProgress.SingleBar
