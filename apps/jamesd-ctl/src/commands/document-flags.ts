import { flag, text } from "@jamesd/config";
import { type DocumentKey, JamesError } from "@jamesd/model";

/** The flags that name a document: a device's own desired state, or a spec. */
export const DOCUMENT_FLAGS = {
  id: text({ value: "ID", help: "the desired state of this device" }),
  spec: text({ value: "ID", help: "this spec" }),
};

/** The flag that has changes made whatever others made of the documents since. */
export const FORCE_FLAG = {
  force: flag({ help: "whatever others changed since the revision that a file says" }),
};

/** The document that flags name, or undefined. @throws JamesError USAGE when they name two */
export function documentOf(flags: {
  readonly id: string | undefined;
  readonly spec: string | undefined;
}): DocumentKey | undefined {
  if (flags.id !== undefined && flags.spec !== undefined)
    throw new JamesError("USAGE", "--id and --spec are both given", { hint: "Name one document." });
  if (flags.id !== undefined) return { kind: "device", id: flags.id };
  return flags.spec === undefined ? undefined : { kind: "spec", id: flags.spec };
}

/** A document as the protocol's query names it. */
export function keyQuery(key: DocumentKey | undefined): { kind?: string; id?: string } {
  return key ? { kind: key.kind, id: key.id } : {};
}
