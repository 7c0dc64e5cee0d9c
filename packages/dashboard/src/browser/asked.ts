import { useEffect, useState } from "preact/hooks";
import { ask } from "./api.ts";
import { useLoaded } from "./load.ts";

/** What was asked for: what was said, or why nothing was; neither yet, at first. */
export interface Asked<T> {
  readonly said: T | undefined;
  readonly refused: string | undefined;
}

/**
 * Asks for what a page shows.
 * @param path undefined: nothing is asked for @param again when this is another one it is asked anew, and what is known stays until then
 */
export function useAsked<T>(path: string | undefined, again: unknown = 0, read: Reader<T> = ask): Asked<T> {
  const [known, setKnown] = useState<Asked<T> & { readonly path: string | undefined }>(NOTHING);
  useEffect(() => {
    if (path === undefined) return undefined;
    const gone = new AbortController();
    const { signal } = gone;
    read(path, { signal })
      .then((said) => signal.aborted || setKnown({ path, said, refused: undefined }))
      .catch(
        (thrown: unknown) =>
          signal.aborted ||
          setKnown((before) => ({
            path,
            said: before.path === path ? before.said : undefined,
            refused: wordsOf(thrown),
          })),
      );
    return () => gone.abort();
  }, [path, again]);
  return known.path === path ? known : NOTHING;
}

/** The same of what is otherwise as the fleet goes on: it is asked for again then, and after so long in any case. */
export function useLive<T>(path: string, oldMs?: number): Asked<T> & { readonly again: () => void } {
  const { data, trouble, again } = useLoaded<T>(path, oldMs === undefined ? undefined : () => oldMs);
  return { said: data, refused: trouble && wordsOf(trouble), again };
}

type Reader<T> = (path: string, asked: { readonly signal?: AbortSignal }) => Promise<T>;

const NOTHING = { path: undefined, said: undefined, refused: undefined } as const;

/** What went wrong, with the way out where there is one. */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const hint = (thrown as { hint?: string }).hint;
  return hint === undefined ? thrown.message : `${thrown.message}. ${hint}`;
}
