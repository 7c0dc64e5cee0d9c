import type { Double, Voice } from "../device/voice.ts";

/** Who was not heard of for so long is not there any more. */
const GONE_MS = 3_600_000;
/** When the one that is served is silent for so long, another takes its place: a check-in is held for a shorter time. */
const SILENT_MS = 600_000;
/** So often must one come back after another was there: once may be a machine that was put back to how it was. */
const PROOF = 2;
/** A thief of a key can name as many as it likes. */
const MOST = 8;

interface Heard {
  readonly key: string;
  voice: Voice;
  /** Milliseconds since the epoch. */
  last: number;
  /** Another came while the server held its check-in. */
  isOvertaken: boolean;
}

/**
 * Those who speak for one device. An agent that starts anew with its machine is another one, and the one before is
 * never heard again; one that is heard again after another was there is a second machine with the same certificate. An
 * agent that gives itself no name is known by its connection: as it asks one thing at a time, a connection whose
 * check-in was overtaken is dead, unless there are two agents.
 */
export class Voices {
  // In the order in which they were first heard of.
  #heard: Heard[] = [];
  #latest: Heard | undefined;
  /** The one that is served. */
  #served: Heard | undefined;
  #returns = 0;

  /** One speaks, while the check-in of the latest is held or not; `now` in milliseconds since the epoch. */
  hear(voice: Voice, isHeld: boolean, now: number): void {
    const key = keyOf(voice);
    const before = this.#latest;
    const isOther = before !== undefined && before.key !== key;
    const speaker = before && !isOther ? before : this.#next(before, key, voice, now);
    if (isOther && isHeld) before.isOvertaken = true;
    Object.assign(speaker, { voice, last: now, isOvertaken: false });
    this.#latest = speaker;
  }

  /** True of the one that was heard last. */
  isLatest(voice: Voice): boolean {
    return this.#latest?.key === keyOf(voice);
  }

  /** Undefined as long as there is no proof that there are two. */
  double(now: number): Double | undefined {
    if (this.#returns < PROOF) return undefined;
    const there = this.#heard.filter(({ last }) => now - last < GONE_MS);
    if (there.length < 2) return undefined;
    return { addresses: [...new Set(there.map(({ voice }) => voice.address))].sort() };
  }

  /** True of one whose place another has: of those that give themselves names only one is served. */
  isRefused(voice: Voice, now: number): boolean {
    if (voice.instance === undefined || !this.double(now)) return false;
    const served = this.#served;
    if (!served || now - served.last >= SILENT_MS)
      this.#served = this.#heard.find((one) => isNamed(one) && now - one.last < SILENT_MS);
    return this.#served?.key !== keyOf(voice);
  }

  /** The one that speaks after another, or as the first. */
  #next(before: Heard | undefined, key: string, voice: Voice, now: number): Heard {
    this.#heard = this.#heard.filter(({ last }) => now - last < GONE_MS);
    if (this.#heard.length < 2) this.#returns = 0;
    const known = this.#heard.find((one) => one.key === key);
    if (known) {
      if (before && isReturn(known, before)) this.#returns += 1;
      return known;
    }
    const speaker = { key, voice, last: now, isOvertaken: false };
    if (this.#heard.length >= MOST) this.#forgetOne();
    this.#heard = [...this.#heard, speaker];
    return speaker;
  }

  /** One that has been silent for longest; never the one that is served, however many speak while it is held. */
  #forgetOne(): void {
    const [first, ...others] = this.#heard.filter((one) => one !== this.#served);
    const oldest = others.reduce((one, other) => (one && one.last <= other.last ? one : other), first);
    this.#heard = this.#heard.filter((one) => one !== oldest);
  }
}

function isReturn(one: Heard, before: Heard): boolean {
  return one.isOvertaken || (isNamed(one) && isNamed(before));
}

function isNamed({ voice }: Heard): boolean {
  return voice.instance !== undefined;
}

function keyOf({ instance, connection }: Voice): string {
  return instance ?? `connection ${connection}`;
}
