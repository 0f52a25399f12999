// Chapter 2: perceptrons. One of them draws a straight line; XOR takes two layers.
import { dot, stepFunction } from 'netwright/book'

/** A neuron with weights w (how much each input matters) and bias b (how easily it fires). */
function perceptron(w: readonly number[], b: number): (x1: number, x2: number) => number {
  return (x1, x2) => stepFunction((dot([x1, x2], w) as number) + b)
}

const AND = perceptron([0.5, 0.5], -0.7)
const NAND = perceptron([-0.5, -0.5], 0.7)
const OR = perceptron([0.5, 0.5], -0.2)

/** No line parts XOR's ones from its zeros, so a second layer looks at what the first one found. */
const XOR = (x1: number, x2: number) => AND(NAND(x1, x2), OR(x1, x2))

console.log('x1 x2  AND NAND OR XOR')
for (const [x1, x2] of [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const) {
  console.log(` ${x1}  ${x2}   ${AND(x1, x2)}    ${NAND(x1, x2)}   ${OR(x1, x2)}   ${XOR(x1, x2)}`)
}
