/** The words that are at most two slips from another, the nearest first. */
export function nearWords<W extends string>(word: string, words: readonly W[]): readonly W[] {
  return words
    .filter((known) => Math.abs(known.length - word.length) <= 2)
    .map((known) => ({ known, slips: slipsBetween(word, known) }))
    .filter(({ known, slips }) => slips <= 2 && slips < known.length / 2)
    .sort((a, b) => a.slips - b.slips)
    .map(({ known }) => known);
}

/** How many letters have to be put in, left out or changed (Levenshtein's distance). */
function slipsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + Number(letter !== b[j - 1])),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
