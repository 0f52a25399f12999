// A dozen samples with what the model takes them for.

import type { PredictionsMessage, SampleMessage } from '../messages.js'
import { byId, make, paint, percent } from './elements.js'

export function beginSamples(samples: readonly SampleMessage[]): void {
  byId('samples').hidden = samples.length === 0
  const list = byId('sample-list')
  list.classList.toggle(
    'rows',
    samples.some(({ picture }) => picture === undefined),
  )
  list.replaceChildren(
    ...samples.map(({ picture, text, target }) => {
      const item = make('li')
      if (picture === undefined) {
        item.append(make('span', text))
      } else {
        const canvas = make('canvas', '', 'pixels')
        const bytes = Uint8Array.from(atob(picture.pixels), (character) => character.charCodeAt(0))
        paint(canvas, picture.width, picture.height, picture.channels, bytes)
        canvas.setAttribute('role', 'img')
        canvas.setAttribute('aria-label', `a sample of ${target}`)
        item.append(canvas)
      }
      const guess = make('div')
      guess.append(make('span', '', 'guess'), make('span', '', 'share quiet'))
      const truth = make('div', 'is ', 'quiet')
      truth.append(make('bdi', target))
      item.append(truth, guess)
      return item
    }),
  )
}

export function showPredictions(predictions: PredictionsMessage): void {
  predictions.forEach(({ text, probability, right }, i) => {
    const item = byId('sample-list').children[i]
    if (item === undefined) return
    item.className = right === undefined ? '' : right ? 'right' : 'wrong'
    const [guess, share] = [item.querySelector('.guess'), item.querySelector('.share')]
    if (guess !== null) guess.textContent = right === undefined ? text : `${right ? '✓' : '✗'} ${text}`
    if (share !== null) share.textContent = probability === undefined ? '' : ` ${percent(probability)}`
  })
}
