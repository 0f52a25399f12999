// A user's program, the same in Node, in a page, in a worker and bundled: it trains on digits and answers plain values.

import {
  AdamW,
  BatchNorm,
  backendInfo,
  Conv2d,
  crossEntropy,
  Dataset,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  Tensor,
} from 'netwright'

/** `pixels`: 28 × 28 bytes a digit. `signal` ends the training early. */
export async function trainOnDigits(pixels, labels, { backend, signal } = {}) {
  const digits = new Dataset(new Tensor(pixels, [labels.length, 1, 28, 28], { scale: 1 / 255 }), labels)
  const model = new Sequential(
    [
      new Conv2d(1, 8, 3, { padding: 'same' }),
      new BatchNorm(),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Dropout(0.25),
      new Linear(10),
    ],
    { seed: 1, ...(backend && { backend }) },
  )
  const epochs = []
  const history = await model.fit(digits, {
    epochs: 2,
    batchSize: 50,
    optimizer: new AdamW({ lr: 0.01 }),
    loss: crossEntropy(),
    validationSplit: 0.1,
    augment: { shift: 1, rotate: 5 },
    callbacks: [{ onEpochEnd: (epoch) => void epochs.push(epoch) }],
    ...(signal && { signal }),
  })
  return {
    epochs,
    loss: history.loss,
    stopReason: history.stopReason,
    weights: await digestOf(model.stateDict()),
    evaluation: await model.evaluate(digits),
    classes: [...model.predict(digits.x.slice(0, 20)).argMax(1).data],
    summary: String(model.summary()),
    backend: backend?.name ?? backendInfo().backend,
  }
}

/** Of all the bytes, in the order of the names. */
async function digestOf(state) {
  const bytes = Object.values(state).flatMap(({ data }) => [...new Uint8Array(data.slice().buffer)])
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
