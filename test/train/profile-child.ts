// Run by profile.test.ts in a process of its own: trains with validation, evaluates and predicts.

import { Linear } from '../../src/layers/linear.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { toyData } from '../model/toy-graph.js'

const { x, y } = toyData(50, 6, 3)
const model = new Sequential([new Linear(6, 3)])
const optimizer = new SGD({ lr: 0.1 })
await model.fit(x, y, { optimizer, loss: crossEntropy(), epochs: 2, batchSize: 20, validationData: { x, y } })
await model.evaluate(x, y, { batchSize: 50 })
await model.predict(x)
