// The samples that the model is most wrong about.

import type { Dataset } from '../data/dataset.js'
import { type Html, raw, table, text } from './html.js'
import type { Classified } from './judged.js'
import { samplePicture } from './pictures.js'

const mostShown = 24

const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`

/** Those with the least probability for their class, the worst first; undefined where all are right. */
export async function mistakes(test: Dataset, judged: Classified): Promise<Html | undefined> {
  const { truths, predictions, probabilities, names } = judged
  const probability = (sample: number, label: number): number => probabilities[sample * names.length + label] as number
  const worst = [...truths.keys()]
    .filter((sample) => truths[sample] !== predictions[sample])
    .sort((a, b) => probability(a, truths[a] as number) - probability(b, truths[b] as number))
    .slice(0, mostShown)
  if (worst.length === 0) return undefined
  const labels = worst.map((sample) => {
    const [truth, prediction] = [truths[sample] as number, predictions[sample] as number]
    return {
      sample,
      truth: names[truth] as string,
      prediction: names[prediction] as string,
      share: percent(probability(sample, prediction)),
    }
  })
  const pictures = await Promise.all(
    labels.map(async ({ sample, truth, prediction, share }) => {
      const picture = await samplePicture(test, sample, `sample ${sample}: ${truth}, taken for ${prediction}`)
      return (
        picture &&
        `<figure>${picture.html}<figcaption>is ${text(truth).html}<br>taken for ${text(prediction).html}, ${share}</figcaption></figure>`
      )
    }),
  )
  if (pictures[0] !== undefined) return raw(`<div class="pictures">${pictures.join('')}</div>`)
  return featureTable(test, labels)
}

interface Label {
  readonly sample: number
  readonly truth: string
  readonly prediction: string
  readonly share: string
}

const mostFeatures = 12

function featureTable(test: Dataset, labels: readonly Label[]): Html {
  const source = test.preprocessing?.source
  const columns =
    source?.kind === 'table'
      ? source.columns.flatMap(
          ({ name, categories }) => categories?.map((category) => `${name}: ${category}`) ?? [name],
        )
      : []
  const width = Math.min(mostFeatures, test.x.size / test.length)
  const head = [
    'sample',
    'is',
    'taken for',
    'with',
    ...Array.from({ length: width }, (_, i) => columns[i] ?? `feature ${i}`),
  ]
  const rows = labels.map(({ sample, truth, prediction, share }) => {
    const features = test.x
      .slice(sample, sample + 1)
      .toFloat32()
      .slice(0, width)
    return [sample, truth, prediction, share, ...Array.from(features, (feature) => Number(feature.toPrecision(4)))]
  })
  return table(head, rows)
}
