// A small convolutional network on images in a folder for each class, images/cat/1.png: npx tsx examples/image-folder.ts

import { Adam, Conv2d, crossEntropy, Flatten, imageFolder, Linear, MaxPool2d, ReLU, Sequential } from 'netwright'

const data = await imageFolder(process.argv[2] ?? 'images', { width: 28, height: 28, channels: 1 })
const model = new Sequential([new Conv2d(8, 5), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(data.classes)])
const optimizer = new Adam({ lr: 0.003 })
const options = { epochs: 20, batchSize: 20, optimizer, loss: crossEntropy(), validationSplit: 0.2 }
const { valAccuracy } = await model.fit(data, options)
console.log(`${data.length} images of ${data.classNames?.join(', ')}`)
console.log(`accuracy ${valAccuracy.at(-1)} on the fifth that was kept back`)
const best = model.predict(data.x.slice(0, 1)).argMax(1).at(0)
console.log(`the first image looks like ${data.classNames?.[best]}`)
