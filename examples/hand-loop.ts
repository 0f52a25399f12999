// The classic training loop by hand: forward, backward, update, one layer at a time and without a model.
import { crossEntropy, Linear, ReLU, SGD, spiral, type Tensor } from 'netwright'

const { x, y } = spiral({ seed: 1 })
const layers = [new Linear(2, 64), new ReLU(), new Linear(64, 3)]
const loss = crossEntropy()
const optimizer = new SGD({ lr: 0.5 })

for (let step = 0; step <= 1500; step++) {
  let out: Tensor = x
  for (const layer of layers) out = layer.forward(out)
  const value = loss.forward(out, y)

  let gradient = loss.backward()
  for (const layer of layers.toReversed()) gradient = layer.backward(gradient)

  const parameters = layers.flatMap((layer) => layer.parameters)
  optimizer.update(
    parameters.map((parameter) => parameter.value),
    parameters.map((parameter) => parameter.gradient),
  )

  if (step % 500 === 0) {
    const labels = out.argMax(1).data
    const correct = labels.filter((label, i) => label === y.data[i]).length
    console.log(`step ${step}: loss ${value.toFixed(4)}, accuracy ${(correct / y.size).toFixed(3)}`)
  }
}
