/** What one word of a filter asks for. */
export type Wish =
  | { readonly key: "sync"; readonly values: readonly string[] }
  | { readonly key: "tag"; readonly value: string }
  | { readonly key: "app"; readonly name: string; readonly tags: readonly string[] }
  | { readonly key: "seen"; readonly than: "<" | ">"; readonly count: number; readonly unit: Unit }
  | { readonly key: "revision"; readonly than: ":" | "<" | ">"; readonly value: number }
  | { readonly key: "connected" | "late"; readonly is: boolean }
  | { readonly key: "drift"; readonly is: "yes" | "no" | "unknown" }
  | { readonly key: "packet"; readonly value: string }
  | { readonly key: "id" | "text"; readonly value: string };

/** A word of a filter: all of them have to hold. */
export type Term = Wish & { readonly not: boolean };

/** A length of time. */
export type Unit = keyof typeof SECONDS;

/** How long each is. */
export const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** What may be said, as it is shown to who has said something else. */
export const KEYS = [
  "sync",
  "tag",
  "app",
  "packet",
  "seen",
  "connected",
  "drift",
  "late",
  "revision",
  "id",
] as const;
