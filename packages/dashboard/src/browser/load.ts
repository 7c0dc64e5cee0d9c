import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask } from "./api.ts";
import { keepLooking } from "./due.ts";

/** What was asked for. */
export interface Loaded<T> {
  /** Undefined: it has not come yet. What came stays while it is asked for again. */
  readonly data: T | undefined;
  /** Why it is not known, or not any more. */
  readonly trouble: Error | undefined;
  /** Asks at once. */
  readonly again: () => void;
}

/** So long it may be shown without being asked for again. */
const OLD_MS = 60_000;

/** What the server says at a path, or at several at once: asked for now, and again whenever the fleet is otherwise. @param oldMs after so long it is asked for again in any case */
export function useLoaded<T>(path: string, oldMs: (data: T) => number = () => OLD_MS): Loaded<T> {
  const state = useSignal<{ path: string; data?: T; trouble?: Error }>({ path });
  const round = useSignal(0);
  const age = useRef(oldMs);
  age.current = oldMs;
  useEffect(
    () =>
      keepLooking(async (gone) => {
        try {
          const data = await ask<T>(path, { signal: gone });
          if (!gone.aborted) state.value = { path, data };
          return age.current(data);
        } catch (thrown) {
          const trouble = thrown instanceof Error ? thrown : new Error(String(thrown));
          if (!gone.aborted)
            state.value = { ...(state.value.path === path ? state.value : { path }), trouble };
          throw trouble;
        }
      }),
    [path, round.value],
  );
  const { data, trouble } = state.value.path === path ? state.value : { data: undefined, trouble: undefined };
  const again = () => {
    round.value += 1;
  };
  return { data, trouble, again };
}
