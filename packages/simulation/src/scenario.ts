/** What is done to a fleet, and when. */
export interface Act {
  /** Seconds after the beginning. */
  readonly at: number;
  readonly what: "want" | "restart" | "outage" | "wake";
  /** Of an outage: how long, in seconds. */
  readonly seconds: number;
}

/** What a scenario works on. */
export interface Stage {
  /** Has all devices get the next version. */
  want(): Promise<void>;
  /** Ends the server in the middle of whatever it does, and starts it again. */
  restart(): Promise<void>;
  /** The server does not answer for so long. */
  outage(seconds: number): Promise<void>;
  /** Devices that were away come. */
  wake(): Promise<void>;
}

const WORDS: readonly string[] = ["want", "restart", "outage", "wake"] satisfies readonly Act["what"][];
/** Of an outage for which nothing else is said. */
const OUTAGE_S = 15;

/** Reads such as `want@5,want@40,restart@45,outage=15@70,wake@90`. @throws Error that says what is wrong */
export function parseScenario(text: string): readonly Act[] {
  return text.split(",").map((word) => {
    const [, what = "", seconds, at] = /^([a-z]+)(?:=(\d+))?@(\d+)$/.exec(word.trim()) ?? [];
    if (!isWhat(what))
      throw new Error(
        `${JSON.stringify(word)} is nothing to do; such as want@5, restart@40, outage=15@70, wake@90`,
      );
    return { at: Number(at), what, seconds: Number(seconds ?? OUTAGE_S) };
  });
}

/** What is done when nothing else is said: a first version, an update, a restart in its middle, an outage. */
export function usualScenario(minutes: number): readonly Act[] {
  const part = (share: number): number => Math.round(minutes * 60 * share);
  return [
    { at: part(0.1), what: "want", seconds: 0 },
    { at: part(0.35), what: "want", seconds: 0 },
    { at: part(0.37), what: "restart", seconds: 0 },
    { at: part(0.6), what: "outage", seconds: Math.max(1, part(0.06)) },
    { at: part(0.62), what: "want", seconds: 0 },
    { at: part(0.75), what: "wake", seconds: 0 },
  ];
}

/** Does one act. */
export async function perform({ what, seconds }: Act, stage: Stage): Promise<void> {
  if (what === "outage") return stage.outage(seconds);
  return stage[what]();
}

function isWhat(word: string): word is Act["what"] {
  return WORDS.includes(word);
}
