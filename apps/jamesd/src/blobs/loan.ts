import { rm } from "node:fs/promises";
import { type Digest, JamesError } from "@jamesd/model";
import type { BlobFile } from "./blob-files.ts";
import type { BlobHold, BlobLoan, FromBorrower, LoanTask, ToBorrower } from "./blob-store.ts";

/** What a lender does for the thread. */
export interface Lender {
  readonly hold: BlobHold;
  readonly sound: (file: Pick<BlobFile, "name" | "look">) => void;
  readonly hurried: (digest: Digest) => void;
  readonly fail: (error: JamesError) => void;
}

/** A loan by the thread that holds, and keeps in mind, what another one puts. */
export class FolderLoan implements BlobLoan {
  readonly task: LoanTask;
  readonly #lender: Lender;

  constructor(task: LoanTask, lender: Lender) {
    this.task = task;
    this.#lender = lender;
  }

  async hear(message: FromBorrower): Promise<ToBorrower | undefined> {
    if (message.kind === "hold") {
      for (const digest of message.digests) await this.#lender.hold.add(digest);
      return { kind: "held" };
    }
    if (message.kind === "sound") this.#lender.sound(message);
    else if (message.kind === "hurried") this.#lender.hurried(message.digest);
    else this.#lender.fail(JamesError.fromBody(message.error));
    return undefined;
  }

  async end(): Promise<void> {
    await rm(this.task.temporary, { recursive: true, force: true });
  }
}
