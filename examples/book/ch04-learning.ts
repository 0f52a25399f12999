// Chapter 4: losses, numerical gradients, gradient descent, and a network that learns by them.
import * as book from 'netwright/book'

// Ten probabilities for a digit; it is a 2.
const y = [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0]
const t = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
console.log(`mean squared error ${book.meanSquaredError(y, t)}`)
console.log(`cross-entropy ${book.crossEntropyError(y, t)}, by its label ${book.crossEntropyError(y, 2)}`)

const parabola = (x: number) => 0.01 * x ** 2 + 0.1 * x
console.log(
  `slopes of 0.01x² + 0.1x: ${book.numericalDiff(parabola, 5)} at 5, ${book.numericalDiff(parabola, 10)} at 10`,
)

const bowl = ([x0, x1]: readonly number[]) => (x0 as number) ** 2 + (x1 as number) ** 2
console.log(`gradient of x0² + x1² at (3, 4): ${book.numericalGradient(bowl, [3, 4])}`)
for (const lr of [0.1, 10, 1e-10]) {
  const end = book.gradientDescent(({ data }) => bowl([...data]), [-3, 4], lr)
  console.log(`gradient descent from (-3, 4) with rate ${lr}: ${end}`)
}

const net = new book.SimpleNet({
  W: [
    [0.47355232, 0.9977393, 0.84668094],
    [0.85557411, 0.03563661, 0.69422093],
  ],
})
console.log(
  `simpleNet: loss ${net.loss([0.6, 0.9], 2)}, dW\n${book.numericalGradient(() => net.loss([0.6, 0.9], 2), net.W)}`,
)

// Numerical gradients are slow: two passes for each of 37 parameters. Half a dozen points are still quickly learned.
const network = new book.TwoLayerNetwork(2, 6, 3, { weightInitStd: 1, seed: 1 })
const points = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
  [2, 0],
  [2, 1],
]
const labels = [0, 1, 1, 0, 2, 2]
const optimizer = new book.SGD({ lr: 1 })
for (let i = 0; i <= 300; i++) {
  if (i % 100 === 0) {
    const [loss, accuracy] = [network.loss(points, labels), network.accuracy(points, labels)]
    console.log(`step ${i}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(2)}`)
  }
  optimizer.update(network.params, network.numericalGradient(points, labels))
}
