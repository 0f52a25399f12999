// Powers βᵗ of one number for steps t that mostly come one after the other. Math.pow may differ between engines; a
// running product does not, and a product is all that the next step takes.

export class RunningPower {
  readonly #base: number
  #exponent = 0
  #power = 1

  constructor(base: number) {
    this.#base = base
  }

  /** base to the power of `exponent`, a whole number from 0; going back starts again at 1, so that bits never depend on the way. */
  at(exponent: number): number {
    if (exponent < this.#exponent) {
      this.#exponent = 0
      this.#power = 1
    }
    for (; this.#exponent < exponent; this.#exponent++) this.#power *= this.#base
    return this.#power
  }
}
