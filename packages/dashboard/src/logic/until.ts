/**
 * Waits until something is over, or nobody waits any more. What listened is taken away then: a page waits again and again
 * under one signal, and all that it ever waited for would be held by it.
 * @param begin gives what ends it
 */
export async function until(gone: AbortSignal, begin: (over: () => void) => () => void): Promise<void> {
  if (gone.aborted) return;
  let over = () => {};
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  gone.addEventListener("abort", over);
  const end = begin(over);
  await ended;
  gone.removeEventListener("abort", over);
  end();
}
