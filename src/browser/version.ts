// The package's version, as the bundle was made. In the bundle it replaces src/version.ts.

import { version } from '../../package.json'

export const packageVersion = (): string => version
