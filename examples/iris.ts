// Your own table: flowers from a CSV file, standardised, learned, tested, and saved with what turns rows into samples.
import { fileURLToPath } from 'node:url'
import {
  Adam,
  crossEntropy,
  Linear,
  loadModel,
  ReLU,
  readCsv,
  readCsvSamples,
  Sequential,
  Standardizer,
  split,
} from 'netwright'

const path = fileURLToPath(new URL('data/iris.csv', import.meta.url))
const { train, test } = split(await readCsv(path, { target: 'species' }), { test: 0.3, stratify: true, seed: 1 })
const standardizer = new Standardizer().fit(train)
const model = new Sequential([new Linear(16), new ReLU(), new Linear(3)], { seed: 1 })
const options = { epochs: 60, batchSize: 15, optimizer: new Adam({ lr: 0.01 }), loss: crossEntropy() }
await model.fit(standardizer.transform(train), options)
console.log(await model.evaluate(standardizer.transform(test)))
await model.save('iris.safetensors')

const loaded = await loadModel('iris.safetensors') // knows columns, means and names, so raw rows will do
const species = loaded.predict(await readCsvSamples(path, loaded.preprocessing)).argMax(1)
console.log([0, 50, 100].map((row) => loaded.preprocessing?.classNames?.[species.at(row)]).join(', '))
