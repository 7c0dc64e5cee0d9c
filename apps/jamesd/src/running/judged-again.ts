import { JamesError } from "@jamesd/model";

/** A change that others overtake so often is given back to who asked for it. */
const MOST_TRIES = 5;

/** What was judged by memory, and the way of memory to what changed since. */
export interface Judged {
  /** The position of the feed that memory has followed to. */
  readonly position: number;
  follow(): Promise<void>;
}

/**
 * Has a change judged and made, and again when others changed something meanwhile. `work` may write nothing before what it
 * hands the position to. @throws JamesError CHANGE_OVERTAKEN
 */
export async function judgedAgain<T>(memory: Judged, work: (judgedAt: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await work(memory.position);
    } catch (thrown) {
      const isOvertaken = thrown instanceof JamesError && thrown.code === "CHANGE_OVERTAKEN";
      if (!isOvertaken || tries === MOST_TRIES) throw thrown;
      await memory.follow();
    }
}
