/** What keys do, wherever one is. */
export type Action =
  | { readonly does: "search" | "next" | "previous" | "open" | "mark" | "help" }
  | { readonly does: "go"; readonly to: string };

/** What each place is gone to by, after `g`. */
const PLACES: Readonly<Record<string, readonly [to: string, name: string]>> = {
  f: ["/", "fleet"],
  d: ["/devices", "devices"],
  r: ["/rollouts", "rollouts"],
  s: ["/specs", "specs"],
  p: ["/packets", "packets"],
  h: ["/history", "history"],
};

const SINGLE = {
  "/": "search",
  j: "next",
  k: "previous",
  Enter: "open",
  x: "mark",
  "?": "help",
} as const;

/** After a key: what is to be done, and whether the next one goes with it. */
export interface Pressed {
  readonly action: Action | undefined;
  readonly isPrefix: boolean;
}

/** What a key means. @param afterPrefix the one before was `g` */
export function pressed(key: string, afterPrefix: boolean): Pressed {
  if (afterPrefix) {
    const [to] = (Object.hasOwn(PLACES, key) ? PLACES[key] : undefined) ?? [];
    return { action: to === undefined ? undefined : { does: "go", to }, isPrefix: false };
  }
  const does = Object.hasOwn(SINGLE, key) ? SINGLE[key as keyof typeof SINGLE] : undefined;
  return { action: does && { does }, isPrefix: key === "g" };
}

/** All keys and what they do, for people. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ["/", "search devices"],
  ["j  k", "next, previous row"],
  ["Enter", "open the row"],
  ["x", "mark the row"],
  ...Object.entries(PLACES).map(([key, [, name]]) => [`g ${key}`, `go to ${name}`] as const),
  ["Esc", "leave a field, close"],
  ["?", "this help"],
];
