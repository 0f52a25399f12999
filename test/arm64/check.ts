// Run by scripts/test-arm64.mjs under an arm64 Node, without vitest: every case of every kernel on NEON against the
// float64 reference, placed and split as test/kernels/parity.test.ts does, then a short training beside the reference's.

import { kernelNames } from '../../src/kernels/declarations.js'
import { availableIsas } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { testBackends } from '../backends.js'
import { inPlaceUses, prepare, runCase, runSplit } from '../kernels/harness.js'
import { specOf } from '../kernels/specs.js'
import { toyData } from '../model/toy-graph.js'

const problems: string[] = []
let checks = 0
function check(what: string, problem: string): void {
  checks++
  if (problem !== '') problems.push(`${what}: ${problem}`)
}

const backend = testBackends().find(({ name }) => name === 'native neon')
if (backend === undefined) throw new Error(`expected NEON, this CPU has ${availableIsas().join(', ') || 'no ISA'}`)
const { kernels, splitter } = backend
for (const kernel of kernelNames) {
  specOf(kernel).cases.forEach((numbers, i) => {
    const example = prepare(kernel, numbers, i)
    const offsets = [1, 2, 3, 1, 0].map((offset, place) => (offset + i * (place + 1)) % 4)
    const what = `${kernel} ${JSON.stringify(numbers)}`
    check(what, runCase(backend, example, offsets))
    for (const use of inPlaceUses(kernel)) check(`${what} in place`, runCase(backend, example, offsets, use))
    if (splitter !== undefined) check(`${what} split`, runSplit(kernels, splitter, example, i))
  })
}
console.log(`${kernelNames.length} kernels, ${checks} checks on NEON`)

const { x, y } = toyData(500, 50, 10)
async function train(threads: string): Promise<Float32Array> {
  if (threads !== '') process.env.NETWRIGHT_THREADS = threads
  const model = new Sequential([new Linear(50, 64), new ReLU(), new Linear(64, 10)], {
    seed: 1,
    ...(threads === '' ? { backend: reference() } : {}),
  })
  await model.fit(x, y, { epochs: 3, batchSize: 32, optimizer: new SGD({ lr: 0.1 }), loss: crossEntropy() })
  return model.predict(x).data as Float32Array
}
const [one, two, plain] = [await train('1'), await train('2'), await train('')]
check('training', one.every((value, i) => Object.is(value, two[i])) ? '' : 'two threads give other bits than one')
const far = one.reduce((most, value, i) => Math.max(most, Math.abs(value - (plain[i] as number))), 0)
check('training', far < 1e-3 ? '' : `predictions differ from the reference's by ${far}`)
console.log(`3 epochs, same bits for 1 and 2 threads, at most ${far.toExponential(1)} from the reference`)

for (const problem of problems.slice(0, 20)) console.error(problem)
console.log(`${checks - problems.length} passed, ${problems.length} failed`)
process.exitCode = problems.length === 0 ? 0 : 1
