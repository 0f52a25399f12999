// On the way from one number to another.

/** `from` at share 0, `to` at share 1, both to the bit, and evenly in between. */
export const between = (from: number, to: number, share: number): number => from * (1 - share) + to * share
