// Chapter 6: ways to go downhill, where to begin, and what to do against over-fitting.
import * as book from 'netwright/book'

// x²/20 + y² from (-7, 2), 30 steps.
const walkers = {
  SGD: new book.SGD({ lr: 0.95 }),
  Momentum: new book.Momentum({ lr: 0.1 }),
  AdaGrad: new book.AdaGrad({ lr: 1.5 }),
  Adam: new book.Adam({ lr: 0.3 }),
}
for (const [name, optimizer] of Object.entries(walkers)) {
  const params = { x: -7, y: 2 }
  for (let step = 0; step < 30; step++) optimizer.update(params, { x: params.x / 10, y: 2 * params.y })
  console.log(`${name.padEnd(9)} (${params.x.toFixed(4)}, ${params.y.toFixed(4)})`)
}

const [[xTrain, tTrain], [xTest, tTest]] = await book.loadMnist()

/** The mean loss of the last 20 of 200 steps. */
function train(network: book.LayeredNetwork, optimizer: book.BookOptimizer): string {
  const random = new book.Random(1)
  let sum = 0
  for (let step = 0; step < 200; step++) {
    const { loss, gradients } = network.lossAndGradient(...book.getMiniBatch(xTrain, tTrain, 128, random))
    optimizer.update(network.params, gradients)
    if (step >= 180) sum += loss
  }
  return (sum / 20).toFixed(3)
}

const hidden = [100, 100, 100, 100]
for (const optimizer of [new book.SGD(), new book.Momentum(), new book.AdaGrad(), new book.Adam()]) {
  console.log(`${optimizer.constructor.name}: loss ${train(new book.MultiLayerNet(784, hidden, 10), optimizer)}`)
}
for (const weightInitStd of [0.01, 'xavier', 'he'] as const) {
  const [plain, normalised] = [false, true].map(
    (useBatchnorm) => new book.MultiLayerNetExtend(784, hidden, 10, { weightInitStd, useBatchnorm }),
  ) as [book.LayeredNetwork, book.LayeredNetwork]
  const losses = [plain, normalised].map((network) => train(network, new book.SGD({ lr: 0.01 })))
  console.log(`weights ${weightInitStd}: loss ${losses[0]}, with batch normalisation ${losses[1]}`)
}

// Six layers learn 300 digits by heart, and are much worse at others. Weight decay and dropout make the first harder.
const few = [xTrain.slice(0, 300), tTrain.slice(0, 300), xTest.slice(0, 1000), tTest.slice(0, 1000)] as const
for (const options of [{}, { weightDecayLambda: 0.1 }, { useDropout: true, dropoutRatio: 0.3 }]) {
  const network = new book.MultiLayerNetExtend(784, [100, 100, 100, 100, 100, 100], 10, options)
  const optimizer = new book.Momentum({ lr: 0.01 })
  const random = new book.Random(1)
  for (let step = 0; step < 450; step++) {
    optimizer.update(network.params, network.gradient(...book.getMiniBatch(few[0], few[1], 100, random)))
  }
  const [train, test] = [network.accuracy(few[0], few[1]), network.accuracy(few[2], few[3])]
  console.log(`${JSON.stringify(options)}: train ${train.toFixed(3)}, test ${test.toFixed(3)}`)
}
