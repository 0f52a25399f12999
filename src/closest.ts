// What somebody who mistyped a name may have meant.

/** How many letters must be put in, left out, replaced or swapped with their neighbour to make `b` of `a`. */
function distance(a: string, b: string): number {
  let earlier: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const ways = [(last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (same ? 0 : 1)]
      if (swapped) ways.push((earlier[j - 2] as number) + 1)
      row.push(Math.min(...ways))
    }
    earlier = last
    last = row
  }
  return last[b.length] as number
}

/** Fewer changes than letters: any other word is as far as a word of one letter can be. */
const isNear = (far: number, letters: number): boolean => far < letters && far <= Math.max(1, Math.floor(letters * 0.4))

/** ` Did you mean adam?` where one of `names` is near `word`, upper and lower case alike; else nothing. */
export function suggestion(word: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => isNear(far, Math.max(word.length, name.length)))
    .sort((a, b) => a.far - b.far)
  return near[0] === undefined ? '' : ` Did you mean ${near[0].name}?`
}
