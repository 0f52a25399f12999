// A peer for peers.test.ts: says what it is told to by its first argument.

import { load, serve } from '../../bench/peers/serve.mjs'

const [behaviour] = process.argv.slice(2)
if (behaviour === 'missing') load('netwright-no-such-package')
if (behaviour === 'broken') throw new Error('this peer cannot start')
console.log('A library greets its users.')

let steps = 0
serve({ version: '1.2.3', setting: 'quick' }, async (count) => {
  if (behaviour === 'breaks' && steps > 0) throw new Error('this peer breaks later')
  steps += count
  if (behaviour === 'slow') await new Promise((resolve) => setTimeout(resolve, 20 * count))
  return steps
})
