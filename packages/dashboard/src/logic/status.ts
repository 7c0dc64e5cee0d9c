/** What a status looks like besides its word, so that nobody has to tell colours apart. */
export interface Look {
  readonly shape: Shape;
  readonly tone: Tone;
}

/** A colour, by what it means. */
export type Tone = "good" | "busy" | "bad" | "odd" | "faint";

/** A form. Within a group of words no two have the same. */
export type Shape =
  | "disc"
  | "ring"
  | "half"
  | "cross"
  | "triangle"
  | "diamond"
  | "square"
  | "twins"
  | "bars"
  | "back"
  | "dash";

const LOOKS = {
  sync: {
    "in-sync": { shape: "disc", tone: "good" },
    pending: { shape: "half", tone: "busy" },
    failed: { shape: "cross", tone: "bad" },
    unsatisfiable: { shape: "triangle", tone: "bad" },
    halted: { shape: "square", tone: "bad" },
    doubled: { shape: "twins", tone: "bad" },
    unmanaged: { shape: "ring", tone: "faint" },
  },
  presence: {
    connected: { shape: "disc", tone: "good" },
    "not connected": { shape: "ring", tone: "odd" },
  },
  outcome: {
    committed: { shape: "disc", tone: "good" },
    "rolled-back": { shape: "back", tone: "bad" },
    stuck: { shape: "triangle", tone: "bad" },
  },
  rollout: {
    running: { shape: "half", tone: "busy" },
    waiting: { shape: "diamond", tone: "odd" },
    paused: { shape: "bars", tone: "odd" },
    finished: { shape: "disc", tone: "good" },
    reverted: { shape: "back", tone: "bad" },
    superseded: { shape: "ring", tone: "faint" },
  },
  progress: {
    done: { shape: "disc", tone: "good" },
    busy: { shape: "half", tone: "busy" },
    failed: { shape: "cross", tone: "bad" },
    silent: { shape: "triangle", tone: "odd" },
    unreached: { shape: "ring", tone: "faint" },
  },
  app: {
    installed: { shape: "disc", tone: "good" },
    "other version": { shape: "half", tone: "busy" },
    missing: { shape: "ring", tone: "busy" },
    "no packet": { shape: "triangle", tone: "bad" },
    "not wanted": { shape: "dash", tone: "faint" },
  },
  attention: {
    drifted: { shape: "diamond", tone: "odd" },
    "late certificate": { shape: "half", tone: "odd" },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Look>>>>;

/** What of a thing a word says: how a device stands, whether it is there, how a transaction ended and so on. */
export type StatusOf = keyof typeof LOOKS;

const UNKNOWN: Look = { shape: "dash", tone: "faint" };

/** How a status looks; a word of a later version is shown as well. */
export function lookOf(of: StatusOf, word: string): Look {
  const looks: Readonly<Record<string, Look>> = LOOKS[of];
  return (Object.hasOwn(looks, word) ? looks[word] : undefined) ?? UNKNOWN;
}

/** The words of a group. */
export function statusWords(of: StatusOf): readonly string[] {
  return Object.keys(LOOKS[of]);
}
