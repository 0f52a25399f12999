import { expect, test } from 'vitest'
import { suggestion } from '../src/closest.js'

test.each([
  ['adma', ['sgd', 'adam'], ' Did you mean adam?'],
  ['Species', ['sepal', 'species'], ' Did you mean species?'],
  ['A', ['b', 'a'], ' Did you mean a?'],
  ['ab', ['b'], ' Did you mean b?'],
  // Every letter is one change away from every other.
  ['a', ['b', 'c'], ''],
  ['convnet', ['mlp', 'spiral'], ''],
])('%s of %j:%s', (word, names, expected) => {
  expect(suggestion(word, names)).toBe(expected)
})
