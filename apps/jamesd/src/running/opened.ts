import { JamesError } from "@jamesd/model";

/** What was opened, and how each of it is closed. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  /** Has something closed after all that is added later. */
  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes everything, the last first; what fails keeps nothing else open. @throws what failed, together when it was more */
  async close(): Promise<void> {
    const failures: JamesError[] = [];
    for (const close of this.#closers.splice(0).reverse())
      try {
        await close();
      } catch (thrown) {
        failures.push(JamesError.from(thrown));
      }
    const [first] = failures;
    if (!first) return;
    const message = failures.map((failure) => failure.message).join("; ");
    throw new JamesError(first.code, message, { hint: first.hint, cause: failures });
  }
}
