// Chapter 7: convolution and pooling, and a network of them that reads digits.
import * as book from 'netwright/book'

// Sizes: 4×4 with a 3×3 filter and padding 1; 7×7 with stride 2; 28×31 with 5×5, padding 2 and stride 3.
console.log(`sizes ${[book.convOutputSize(4, 3, 1, 1), book.convOutputSize(7, 3, 2)]}`)
console.log(`      ${[book.convOutputSize(28, 5, 3, 2), book.convOutputSize(31, 5, 3, 2)]}`)

const image = [
  [
    [
      [1, 2, 3, 0],
      [0, 1, 2, 3],
      [3, 0, 1, 2],
      [2, 3, 0, 1],
    ],
  ],
]
const filter = [
  [
    [
      [2, 0, 1],
      [0, 1, 2],
      [1, 0, 2],
    ],
  ],
]
console.log(`convolution\n${new book.Convolution(filter, [0]).forward(image)}`)
console.log(`and with a bias of 3\n${new book.Convolution(filter, [3]).forward(image)}`)
console.log(`max pooling 2×2, stride 2\n${new book.Pooling(2, 2, 2).forward(image)}`)
console.log(`im2col: a row for each place of the filter\n${book.im2col(image, 3, 3)}`)
console.log(`col2im adds up where rows overlap\n${book.col2im(book.im2col(image, 3, 3), [1, 1, 4, 4], 3, 3)}`)

const [[xTrain, tTrain], [xTest, tTest]] = await book.loadMnist({ flatten: false })
const network = new book.SimpleConvNet({
  inputDim: [1, 28, 28],
  convParam: { filterNum: 30, filterSize: 5, pad: 0, stride: 1 },
  hiddenSize: 100,
  outputSize: 10,
  weightInitStd: 0.01,
  seed: 1,
})
console.log([...network.layers.keys(), 'SoftmaxWithLoss'].join(' '))
for (const [name, { shape }] of Object.entries(network.params)) console.log(`${name} (${shape})`)

// A small part of the book's training, which has 60,000 digits and 20 epochs.
const data = [xTrain.slice(0, 5000), tTrain.slice(0, 5000), xTest.slice(0, 2000), tTest.slice(0, 2000)] as const
const trainer = new book.Trainer(network, ...data, {
  epochs: 3,
  miniBatchSize: 100,
  optimizer: 'Adam',
  optimizerParam: { lr: 0.001 },
  evaluateSampleNumPerEpoch: 1000,
  seed: 1,
})
await trainer.train()
