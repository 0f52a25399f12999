// How large a batch's inputs are, and whether that is what training is made for.

import type { TensorData } from '../tensor/tensor.js'
import { shortNumber } from './short-number.js'

/** The numbers of one input of the model over a batch. */
export interface InputScale {
  readonly mean: number
  /** Standard deviation. */
  readonly deviation: number
  /** Largest magnitude. */
  readonly largest: number
}

/** Mean, standard deviation and largest magnitude of `data`, in float64. */
export function inputScale(data: TensorData): InputScale {
  let [sum, largest] = [0, 0]
  for (const value of data) {
    sum += value
    largest = Math.max(largest, Math.abs(value))
  }
  const mean = sum / data.length
  let squares = 0
  for (const value of data) squares += (value - mean) ** 2
  return { mean, deviation: Math.sqrt(squares / data.length), largest }
}

/** Normalised inputs have a mean near 0 and a deviation near 1, or lie in 0 … 1; bytes have about 33 and 79 (MNIST). */
export const isUnscaled = ({ mean, deviation }: InputScale): boolean => Math.abs(mean) > 4 || deviation > 4

/** `mean 33.1, standard deviation 78.6, |x| up to 255`. */
export const scaleText = ({ mean, deviation, largest }: InputScale): string =>
  `mean ${shortNumber(mean)}, standard deviation ${shortNumber(deviation)}, |x| up to ${shortNumber(largest)}`
