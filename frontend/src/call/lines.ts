// Where a moment lies among the lines of a transcript, without a document: tried by itself.

/** Something that is said from a second on. */
export interface Begun {
  start: number;
}

const EARLY = 0.05;
/** The last line that has begun by then, by halving: -1 before the first. */
export function lineAt(lines: readonly Begun[], seconds: number): number {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.start ?? Infinity) <= seconds + EARLY) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A place that is within a list of this length. */
export function within(at: number, length: number): number {
  return Math.min(Math.max(at, 0), length - 1);
}
