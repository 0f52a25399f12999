// Chapter 3: activation functions, a network of three layers, and digits that a stored network reads.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as book from 'netwright/book'

const x = [-1, 1, 2]
console.log(`step    ${book.stepFunction(x)}`)
console.log(`sigmoid ${book.sigmoid(x)}`)
console.log(`relu    ${book.relu(x)}`)

console.log(`2-3-2-2 ${book.forward(book.initNetwork(), [1, 0.5])}`)

console.log(`softmax ${book.softmax([0.3, 2.9, 4])}`)
console.log(`softmax of [1010, 1000, 990]: ${book.softmaxNaive([1010, 1000, 990])}, ${book.softmax([1010, 1000, 990])}`)

const folder = mkdtempSync(join(tmpdir(), 'netwright-ch03-'))
const [[xTrain, tTrain]] = await book.loadMnist()
console.log(`xTrain (${xTrain.shape}), tTrain (${tTrain.shape}); the first digit is a ${tTrain.at(0)}:`)
await book.imgShow(xTrain.slice(0, 1), join(folder, 'digit.png'))

// The book loads weights that it brings along. Here a few steps of training make them.
const network = new book.MultiLayerNet(784, [50, 100], 10, { activation: 'sigmoid', weightInitStd: 'xavier', seed: 1 })
const [optimizer, random] = [new book.Adam({ lr: 0.003 }), new book.Random(1)]
for (let step = 0; step < 600; step++) {
  optimizer.update(network.params, network.gradient(...book.getMiniBatch(xTrain, tTrain, 100, random)))
}
await network.saveParams(join(folder, 'weights.safetensors'))

const params = await book.loadParams(join(folder, 'weights.safetensors'))
const [xTest, tTest] = await book.getData()

// One image at a time, then 100: the same answers, in less time.
for (const batchSize of [1, 100]) {
  const start = performance.now()
  let correct = 0
  for (let i = 0; i < 10_000; i += batchSize) {
    const labels = book.predict(params, xTest.slice(i, i + batchSize)).argMax(1)
    labels.data.forEach((label: number, row: number) => {
      if (label === tTest.data[i + row]) correct++
    })
  }
  const milliseconds = (performance.now() - start).toFixed(0)
  console.log(`batch size ${batchSize}: Accuracy: ${correct / 10_000}, ${milliseconds} ms`)
}
rmSync(folder, { recursive: true })
