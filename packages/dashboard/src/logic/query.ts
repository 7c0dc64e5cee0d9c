/** A path with what is asked of it; what is undefined or empty is left out. */
export function query(path: string, words: Readonly<Record<string, string | number | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, word] of Object.entries(words))
    if (word !== undefined && word !== "") given.set(name, String(word));
  const text = given.toString();
  return text === "" ? path : `${path}?${text}`;
}
