import { type Sample, type SimulatedFleet, viewLine } from "@jamesd/simulation";

const EVERY_MS = 1_000;
/** Where nobody looks on, a line is written so often. */
const PLAIN_EVERY = 10;

/** Shows how a fleet is, each second: in one line of a terminal, or else in one line each ten seconds. */
export class Live {
  readonly samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #isTerminal = process.stdout.isTTY === true;

  constructor(fleet: SimulatedFleet) {
    this.#timer = setInterval(() => this.#look(fleet.sample()), EVERY_MS);
  }

  /** Says something below what is shown. */
  say(text: string): void {
    process.stdout.write(this.#isTerminal ? `\r\u001b[K${text}\n` : `${text}\n`);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#isTerminal) process.stdout.write("\n");
  }

  #look(sample: Sample): void {
    const text = viewLine(sample, this.samples.at(-1));
    this.samples.push(sample);
    if (this.#isTerminal) process.stdout.write(`\r\u001b[K${text}`);
    else if (this.samples.length % PLAIN_EVERY === 0) process.stdout.write(`${text}\n`);
  }
}
