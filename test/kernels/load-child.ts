// Trains a few steps on the default backend and prints its name; run by load.native.test.ts.

import assert from 'node:assert/strict'
import { backendInfo, crossEntropy, defaultBackend, Linear, ReLU, Sequential, SGD } from '../../src/index.js'
import { toyData } from '../model/toy-graph.js'

const { x, y } = toyData(200, 20, 4)
const model = new Sequential([new Linear(20, 16), new ReLU(), new Linear(16, 4)], { seed: 1 })
await model.fit(x, y, { epochs: 3, optimizer: new SGD({ lr: 0.1 }), loss: crossEntropy() })
assert(Number.isFinite(model.predict(x).data[0]))
const { backend, reasons } = backendInfo()
assert.equal(backend, defaultBackend().name)
assert(reasons.length > 0)
console.log(backend)
