// Three spiral arms that no straight line separates; generated, so this needs no data set.
import { crossEntropy, Linear, ReLU, Sequential, SGD, spiral } from 'netwright'

const data = spiral({ samplesPerClass: 100, classes: 3, seed: 1 })
const model = new Sequential([new Linear(2, 64), new ReLU(), new Linear(64, 3)], { seed: 1 })
const history = await model.fit(data, {
  epochs: 300,
  batchSize: 30,
  optimizer: new SGD({ lr: 0.5 }),
  loss: crossEntropy(),
})
const { accuracy } = await model.evaluate(data)
console.log(
  `loss ${history.loss[0]?.toFixed(3)} -> ${history.loss.at(-1)?.toFixed(3)}, accuracy ${accuracy?.toFixed(3)}`,
)

// What the network thinks of the whole plane: one character per point, o, x and + for the three arms.
const side = 30
const points = Array.from({ length: side * side }, (_, i) => [
  ((i % side) / (side - 1)) * 2 - 1,
  1 - (Math.floor(i / side) / (side - 1)) * 2,
])
const classes = model.predict(points).argMax(1)
for (let row = 0; row < side; row++) {
  console.log(Array.from(classes.slice(row * side, (row + 1) * side).data, (c) => 'ox+'[c]).join(' '))
}
