// Trains on classes whose names would like to be more than texts.

import { crossEntropy, Dataset, Linear, LivePage, Preprocessing, Sequential, SGD, Tensor } from '../../src/index.js'
import { reference } from '../../src/kernels/reference/backend.js'

const size = 8
const count = 2000
const x = new Tensor(
  Uint8Array.from({ length: count * size * size }, (_, i) => (i * 37) % 256),
  [count, size * size],
  { scale: 1 / 255 },
)
const source = { kind: 'images', channels: 1, height: size, width: size, scale: 1 / 255 } as const
const classNames = [
  '<img src=x onerror="window.hacked=1">',
  '</script><script>window.hacked=1</script>',
  `<b>${'a-very-long-name'.repeat(20)}`,
  // They would turn what stands beside them.
].map((name) => `\u202e${name} שלום`)
const data = new Dataset(
  x,
  Int32Array.from({ length: count }, (_, i) => i % classNames.length),
  { preprocessing: new Preprocessing({ source, classNames }) },
)
await new Sequential([new Linear(size * size, classNames.length)], { backend: reference() }).fit(data, {
  epochs: 1_000_000,
  optimizer: new SGD({ lr: 0.001 }),
  loss: crossEntropy(),
  callbacks: [new LivePage({ samples: data })],
})
