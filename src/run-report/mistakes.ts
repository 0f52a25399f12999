// The samples that the model is most wrong about.

import type { Dataset } from '../data/dataset.js'
import { type Html, raw, table, text } from './html.js'
import type { Classified } from './judged.js'
import { samplePicture } from './pictures.js'

const mostShown = 24

const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`

/** Those with the least share for their class, the worst first; undefined where all are right. */
export async function mistakes(test: Dataset, judged: Classified): Promise<Html | undefined> {
  const { truths, predictions, shares, areProbabilities, names } = judged
  const shareOf = (sample: number, label: number): number => shares[sample]?.[label] as number
  const worst = [...truths.keys()]
    .filter((sample) => truths[sample] !== predictions[sample] && (truths[sample] as number) < names.length)
    .sort((a, b) => shareOf(a, truths[a] as number) - shareOf(b, truths[b] as number))
    .slice(0, mostShown)
  if (worst.length === 0) return undefined
  const labels = worst.map((sample) => {
    const [truth, prediction] = [truths[sample] as number, predictions[sample] as number]
    return {
      sample,
      truth: names[truth] as string,
      prediction: names[prediction] as string,
      ...(areProbabilities ? { probability: percent(shareOf(sample, prediction)) } : {}),
    }
  })
  const pictures = await Promise.all(
    labels.map(async ({ sample, truth, prediction, probability }) => {
      const picture = await samplePicture(test, sample, `sample ${sample}: ${truth}, taken for ${prediction}`)
      const guess = `taken for ${text(prediction).html}${probability === undefined ? '' : `, ${probability}`}`
      return picture && `<figure>${picture.html}<figcaption>is ${text(truth).html}<br>${guess}</figcaption></figure>`
    }),
  )
  if (pictures[0] !== undefined) return raw(`<div class="pictures">${pictures.join('')}</div>`)
  return featureTable(test, labels)
}

interface Label {
  readonly sample: number
  readonly truth: string
  readonly prediction: string
  readonly probability?: string
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
  const isProbable = labels[0]?.probability !== undefined
  const head = [
    'sample',
    'is',
    'taken for',
    ...(isProbable ? ['with'] : []),
    ...Array.from({ length: width }, (_, i) => columns[i] ?? `feature ${i}`),
  ]
  const rows = labels.map(({ sample, truth, prediction, probability }) => {
    const x = test.x.slice(sample, sample + 1)
    const features = (test.preprocessing?.unscale(x) ?? x).toFloat32().slice(0, width)
    const guess = [prediction, ...(probability === undefined ? [] : [probability])]
    return [sample, truth, ...guess, ...Array.from(features, (feature) => Number(feature.toPrecision(4)))]
  })
  return table(head, rows)
}
