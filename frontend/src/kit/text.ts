// Places in texts, without a document: tried by themselves.

/** From where to where a line goes, counted in UTF-16 units as text fields count; an empty range behind the last. */
export function lineRange(text: string, line: number): [number, number] {
  const lines = text.split("\n");
  const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + (lines[line] ?? "").length];
}

/** A pattern that finds exactly these words, whatever their case. */
export function literally(words: string): RegExp {
  return new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
}
