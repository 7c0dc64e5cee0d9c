import { type DocumentKey, shellWord } from "@jamesd/model";
import { query } from "./query.ts";

/** Two revisions that are compared. */
export interface Compared {
  readonly from: number;
  /** Undefined: the newest, whichever that is. */
  readonly to: number | undefined;
}

const NUMBER = /^\d{1,15}$/;

/** What an address has compared; undefined: nothing. */
export function comparedOf(words: URLSearchParams): Compared | undefined {
  const from = numberOf(words.get("from"));
  return from === undefined ? undefined : { from, to: numberOf(words.get("to")) };
}

function numberOf(text: string | null): number | undefined {
  return text !== null && NUMBER.test(text) ? Number(text) : undefined;
}

/** The document that an address is about; undefined: all. */
export function documentOf(words: URLSearchParams): DocumentKey | undefined {
  const [kind, id] = [words.get("kind"), words.get("id")];
  return (kind === "spec" || kind === "device") && id !== null && id !== "" ? { kind, id } : undefined;
}

/** The address at which that is shown. */
export function historyAt({
  document,
  from,
  to,
  before,
}: {
  readonly document?: DocumentKey | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly before?: number | undefined;
}): string {
  return query("/history", { kind: document?.kind, id: document?.id, from, to, before });
}

/** The words by which the command line names a document. */
export function documentFlags(document: DocumentKey | undefined): string {
  return document ? ` --${document.kind === "device" ? "id" : "spec"} ${shellWord(document.id)}` : "";
}
