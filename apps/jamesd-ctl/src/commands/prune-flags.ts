import { flag, parsed, repeatable } from "@jamesd/config";
import { type DocumentKind, type DocumentScope, JamesError } from "@jamesd/model";
import type { BodyOf } from "@jamesd/protocol";
import type { Context } from "../cli/command.ts";
import type { FileDocument } from "../documents/document-file.ts";

const KINDS: ReadonlyMap<string, DocumentKind> = new Map([
  ["specs", "spec"],
  ["devices", "device"],
]);

/** What goes of what the files do not have: what is in one of the scopes, all where there are none; undefined: nothing. */
export type Prune = readonly DocumentScope[] | undefined;

/** The flags that say that the files are the whole truth. */
export function pruneFlags(help: string) {
  return {
    prune: flag({ help }),
    pruneScope: repeatable(
      parsed({
        value: "specs|devices[/BEGINNING]",
        help: "with --prune: only what is of this kind, and has an id that begins so; may be given several times",
        parse: parseScope,
      }),
    ),
  };
}

/** What these flags ask for. @throws JamesError USAGE */
export function pruneOf(flags: {
  readonly prune: boolean;
  readonly pruneScope: readonly DocumentScope[];
}): Prune {
  if (flags.prune) return flags.pruneScope;
  if (flags.pruneScope.length === 0) return undefined;
  throw new JamesError("USAGE", "--prune-scope goes with --prune", { hint: "Give both." });
}

/** The documents of files, when what they do not have goes. @throws JamesError as `readAny` and `readPrunedTo` */
export async function readFor(
  prune: Prune,
  file: string,
  context: Context,
): Promise<readonly FileDocument[]> {
  // What reads documents takes a third of a start: loaded when there are any.
  const { readAny, readPrunedTo } = await import("../documents/document-file.ts");
  return (prune ? readPrunedTo : readAny)(file, context);
}

/** As the protocol has it. */
export function pruneMessage(prune: Prune): Pick<BodyOf<"apply">, "prune" | "pruneScopes"> {
  if (!prune) return {};
  return { prune: true, ...(prune.length > 0 && { pruneScopes: [...prune] }) };
}

function parseScope(text: string): DocumentScope {
  const [word = "", ...rest] = text.split("/");
  const kind = KINDS.get(word);
  const prefix = rest.join("/");
  if (kind) return prefix === "" ? { kind } : { kind, prefix };
  throw new JamesError("USAGE", `${JSON.stringify(text)} is no scope`, {
    hint: "Write specs, devices, or either with the beginning of ids: specs/team-a-.",
  });
}
