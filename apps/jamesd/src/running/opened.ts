import { JamesError } from "@jamesd/model";

/** Something that was opened, and can be closed. */
export interface Part {
  close(): unknown;
}

/** Parts that were opened one after the other; together they are one. */
export class Opened implements Part {
  readonly #parts: Part[] = [];

  /** Has a part closed before all that were added earlier. @returns the part */
  add<T extends Part>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  /** Closes everything, the last first; what fails keeps nothing else open. @throws what failed, together when it was more */
  async close(): Promise<void> {
    const failures: JamesError[] = [];
    for (const part of this.#parts.splice(0).reverse())
      try {
        await part.close();
      } catch (thrown) {
        failures.push(JamesError.from(thrown));
      }
    const [first] = failures;
    if (!first) return;
    const message = failures.map((failure) => failure.message).join("; ");
    throw new JamesError(first.code, message, { hint: first.hint, cause: failures });
  }
}

/**
 * Opens what consists of parts. When it cannot be opened whole, what was is closed again.
 * @param failed told what could not be closed then: why it was not opened is thrown
 */
export async function openParts<T>(
  open: (opened: Opened) => Promise<T>,
  failed: (thrown: unknown) => void,
): Promise<T & Part> {
  const opened = new Opened();
  try {
    return { ...(await open(opened)), close: () => opened.close() };
  } catch (thrown) {
    await opened.close().catch(failed);
    throw thrown;
  }
}
