// The PNG encoder and decoder of fast-png. The build bundles it.

export { decode, encode } from 'fast-png'
