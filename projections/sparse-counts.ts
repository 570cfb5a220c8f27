// Counts by whole-numbered places, only those that are not zero: what is counted in and taken out again leaves no trace.
// So rows that hold them come out the same whatever the order in which events were counted.

/** Place and count in turn, by rising place: `[812, 3, 815, 1]`. */
export type SparseCounts = number[];

/** Counts `times` at a place; a negative number takes back. */
export function countAt(counts: SparseCounts, place: number, times: number): void {
  if (times === 0) return;
  let low = 0;
  let high = counts.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle * 2] as number) < place) low = middle + 1;
    else high = middle;
  }
  const at = low * 2;
  if (counts[at] !== place) counts.splice(at, 0, place, times);
  else if (counts[at + 1] === -times) counts.splice(at, 2);
  else (counts[at + 1] as number) += times;
}

/** What was counted at places from `from` up to, but not at, `to`. */
export function countBetween(counts: SparseCounts, from: number, to: number): number {
  let sum = 0;
  for (let at = 0; at < counts.length && (counts[at] as number) < to; at += 2) if ((counts[at] as number) >= from) sum += counts[at + 1] as number;
  return sum;
}
