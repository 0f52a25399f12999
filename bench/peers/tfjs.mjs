// TensorFlow.js on its wasm backend, which under Node has SIMD and no threads. The backend lacks two gradients that
// convolutional networks need; both are made here from operations that it has, as a user would have to.

import { batch, load, readDigits, readWeights, serve } from './serve.mjs'

const [workload, , folder] = process.argv.slice(2)
const { library: tf, version } = load('@tensorflow/tfjs')
load('@tensorflow/tfjs-backend-wasm')
await tf.setBackend('wasm')
await tf.ready()

/** dw[kh,kw,c,f] = Σ over n,oh,ow of x[n,oh+kh,ow+kw,c] · dy[n,oh,ow,f]: a convolution whose channels are the samples. */
function filterGradient(x, dy, padding) {
  const images = tf.transpose(x, [3, 1, 2, 0])
  const filters = tf.transpose(dy, [1, 2, 0, 3])
  return tf.transpose(tf.conv2d(images, filters, 1, padding, 'NHWC', [1, 1], 'floor'), [1, 2, 0, 3])
}

const convolve = (padding, needsInputGradient) =>
  tf.customGrad((x, w, save) => {
    save([x, w])
    return {
      value: tf.conv2d(x, w, 1, padding, 'NHWC', [1, 1], 'floor'),
      gradFunc: (dy, [x, w]) => [
        needsInputGradient ? tf.conv2dTranspose(dy, w, x.shape, 1, padding, 'floor') : tf.zeros([1]),
        filterGradient(x, dy, padding),
      ],
    }
  })

const twice = (x) => tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]])

/** 2 × 2; where several are equal and largest, as on an image's empty ground, all get the gradient. */
const pool = tf.customGrad((x, save) => {
  const y = tf.maxPool(x, 2, 2, 'valid')
  save([x, y])
  return {
    value: y,
    gradFunc: (dy, [x, y]) => tf.mul(twice(dy), tf.cast(tf.equal(x, twice(y)), 'float32')),
  }
})

const weights = readWeights(folder, workload)
const variables = []
const parameter = (values) => {
  const variable = tf.variable(values)
  values.dispose()
  variables.push(variable)
  return variable
}
const tensorOf = (name) => tf.tensor(weights[name].data, weights[name].shape)

function convolution(place, padding) {
  const apply = convolve(padding, place > 0)
  const w = parameter(tf.tidy(() => tf.transpose(tensorOf(`${place}.weight`), [2, 3, 1, 0])))
  const b = parameter(tensorOf(`${place}.bias`))
  return (x) => tf.relu(tf.add(apply(x, w), b))
}

/** `image`: height, width and channels of what was flattened; PyTorch's rows are in the order of channels first. */
function dense(place, image) {
  const rows = tf.tidy(() => {
    const w = tensorOf(`${place}.weight`)
    if (image === undefined) return tf.transpose(w)
    const [height, width, channels] = image
    const out = w.shape[0]
    return tf.reshape(tf.transpose(tf.reshape(w, [out, channels, height, width]), [2, 3, 1, 0]), [-1, out])
  })
  const w = parameter(rows)
  const b = parameter(tensorOf(`${place}.bias`))
  return (x) => tf.add(tf.matMul(x, w), b)
}

const flatten = (x) => tf.reshape(x, [batch, -1])
const dropout = (x) => tf.dropout(x, 0.5)

function network() {
  if (workload === 'mlp50') return [dense(0), tf.relu, dense(2)]
  if (workload === 'mlp512') return [dense(0), tf.relu, dense(2), tf.relu, dense(4)]
  if (workload === 'simpleconv') {
    return [convolution(0, 0), pool, flatten, dense(4, [12, 12, 30]), tf.relu, dense(6)]
  }
  return [
    ...[convolution(0, 1), convolution(2, 1), pool],
    ...[convolution(5, 1), convolution(7, 2), pool],
    ...[convolution(10, 1), convolution(12, 1), pool],
    ...[flatten, dense(16, [4, 4, 64]), tf.relu, dropout, dense(19), dropout],
  ]
}

const layers = network()
const sampleShape = workload.startsWith('mlp') ? [784] : [28, 28, 1]
const { images, labels, order } = readDigits(folder)
const samples = tf.tensor(images, [labels.length, ...sampleShape])
const targets = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), 10), 'float32'))
const optimizer = workload === 'mlp50' ? tf.train.sgd(0.1) : tf.train.adam(1e-3, 0.9, 0.999, 1e-8)
let cursor = 0

/** The loss, a tensor that the caller disposes of. */
function step() {
  const index = order.subarray(cursor, cursor + batch)
  cursor = (cursor + batch) % order.length
  return tf.tidy(() => {
    const chosen = tf.tensor1d(index, 'int32')
    const x = tf.gather(samples, chosen)
    const y = tf.gather(targets, chosen)
    const cost = () =>
      tf.losses.softmaxCrossEntropy(
        y,
        layers.reduce((value, layer) => layer(value), x),
      )
    return optimizer.minimize(cost, true, variables)
  })
}

serve({ version, setting: 'wasm' }, (count) => {
  for (let i = 1; i < count; i++) step().dispose()
  const loss = step()
  const [value] = loss.dataSync()
  loss.dispose()
  return value
})
