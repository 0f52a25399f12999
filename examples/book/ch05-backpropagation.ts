// Chapter 5: computational graphs, backpropagation, and the network that learns MNIST by it.
import * as book from 'netwright/book'

// Two apples at 100 and three oranges at 150, with 10 % tax.
const [mulApple, mulOrange, add, mulTax] = [
  new book.MulLayer(),
  new book.MulLayer(),
  new book.AddLayer(),
  new book.MulLayer(),
]
const price = mulTax.forward(add.forward(mulApple.forward(100, 2), mulOrange.forward(150, 3)), 1.1)
const [dAll, dTax] = mulTax.backward(1)
const [dApplePrice, dOrangePrice] = add.backward(dAll)
const [dApple, dAppleNum] = mulApple.backward(dApplePrice)
const [dOrange, dOrangeNum] = mulOrange.backward(dOrangePrice)
console.log(`price ${price}`)
console.log(`dApple ${dApple}, dAppleNum ${dAppleNum}, dOrange ${dOrange}, dOrangeNum ${dOrangeNum}, dTax ${dTax}`)

const [[xTrain, tTrain], [xTest, tTest]] = await book.loadMnist({ normalize: true, oneHotLabel: true })

// Both gradients of a small network on three digits: their mean difference.
const small = new book.TwoLayerNet(784, 3, 10, { dtype: 'float64', seed: 1 })
const batch = [xTrain.slice(0, 3), tTrain.slice(0, 3)] as const
const [numerical, backprop] = [small.numericalGradient(...batch), small.gradient(...batch)]
for (const name of Object.keys(small.params)) {
  const [a, b] = [numerical[name]?.data ?? [], backprop[name]?.data ?? []]
  const sum = [...a].reduce((total, value, i) => total + Math.abs(value - (b[i] as number)), 0)
  console.log(`${name}: ${(sum / a.length).toExponential(2)}`)
}

const network = new book.TwoLayerNet(784, 50, 10, { seed: 1 })
const optimizer = new book.SGD({ lr: 0.1 })
const random = new book.Random(1)
const [itersNum, batchSize] = [1801, 100] // the notes' table goes on to 10000
const iterPerEpoch = Math.max(Math.floor(60_000 / batchSize), 1)
for (let i = 0; i < itersNum; i++) {
  const [xBatch, tBatch] = book.getMiniBatch(xTrain, tTrain, batchSize, random)
  optimizer.update(network.params, network.gradient(xBatch, tBatch))
  if (i % iterPerEpoch === 0) {
    const [trainAcc, testAcc] = [network.accuracy(xTrain, tTrain), network.accuracy(xTest, tTest)]
    console.log(`train acc, test acc | ${trainAcc.toFixed(5)}, ${testAcc.toFixed(4)}`)
  }
}
