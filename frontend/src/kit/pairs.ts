// Which of the things that were there are which of those that are there now, without a document: tried by itself.

/**
 * For each thing of now the place that it had before, -1 for one that is new. Pairs have the same name and keep
 * their order; as many as possible are found (longest common subsequence).
 */
export function pairs(before: readonly string[], now: readonly string[]): number[] {
  const width = now.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = before[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found = new Array<number>(now.length).fill(-1);
  for (let i = 0, j = 0; i < before.length && j < now.length; ) {
    if (before[i] === now[j]) {
      found[j] = i;
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return found;
}
