// The reader of tar archives of nanotar. The build bundles it.

export { parseTar } from 'nanotar'
