/** A word as a shell reads it as one: names, ids and tags may have signs that a shell takes for its own, and be a stranger's. */
export function shellWord(text: string): string {
  return /^[\w.,:@%+=/-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
