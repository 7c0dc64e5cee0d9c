import { AsyncLocalStorage } from "node:async_hooks";

/** A call that changes the disk, at the moment before it does. */
export interface Point {
  /** Counted from 1 in each life. */
  readonly number: number;
  readonly call: string;
  /** Of a call that makes something durable: what it was given. */
  readonly fd: number | undefined;
  /** Which functions of the agent led here, the innermost first; looked up only when asked for. */
  readonly site: () => string;
}

/** What becomes of a call: done as asked, an error instead, passed over in silence, or the process ends before it. */
export type Reaction = "go on" | "skip" | "die" | { readonly error: string };

/** What a dead process gets from every call: it changes nothing any more. */
export class Dead extends Error {}

/** One process of the agent, from its start to its end or death; what runs in it is found by its async context. */
export class Life {
  readonly points: Point[] = [];
  readonly #watch: (point: Point) => Reaction;
  #isDead = false;

  constructor(watch: (point: Point) => Reaction = () => "go on") {
    this.#watch = watch;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Runs in this life. What it throws when it died is swallowed: nobody is there to hear it. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await CURRENT.run(this, work);
    } catch (thrown) {
      if (this.#isDead) return undefined;
      throw thrown;
    }
  }

  /** A point is reached. @throws Dead */
  reach(call: string, fd?: number): Reaction {
    if (this.#isDead) throw new Dead(call);
    const point = { number: this.points.length + 1, call, fd, site: siteOf(new Error()) };
    this.points.push(point);
    // Who watches is not of this life.
    const reaction = CURRENT.exit(() => this.#watch(point));
    if (reaction === "die") this.#isDead = true;
    return reaction;
  }
}

const CURRENT = new AsyncLocalStorage<Life>();

/** The life that runs now; undefined in the test itself. */
export function currentLife(): Life | undefined {
  return CURRENT.getStore();
}

const FRAME =
  /at (?:async )?(?:new )?([\w.#<>]+) .*\/(?:src\/transaction(?:\/[\w-]+)?|packages\/disk\/src)\/([\w-]+)\.ts/;
const DEPTH = 8;
// Node's own frames are many between a promise and who waits for it.
Error.stackTraceLimit = 40;

function siteOf({ stack = "" }: Error): () => string {
  return () =>
    stack
      .split("\n")
      .flatMap((line) => {
        const [, name, file] = FRAME.exec(line) ?? [];
        // What only names what failed, or closes it, is nobody's site.
        const isAround = file === "device-error" || name === "#orClosed";
        return name === undefined || isAround ? [] : `${name} (${file})`;
      })
      .slice(0, DEPTH)
      .join(" < ");
}
