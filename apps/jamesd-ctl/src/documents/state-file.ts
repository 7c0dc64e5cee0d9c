import { type App, JamesError, type Policy, type Tag } from "@jamesd/model";
import { policyOf, stateSchema } from "./document-schema.ts";
import { readAs } from "./read-as.ts";
import { YamlDocument } from "./yaml-document.ts";

/** What `set-desired-state` reads: the seed's state, and optionally the revision that it was made from. */
export interface StateFile {
  readonly id: string;
  readonly apps: readonly App[];
  /** For information: the device's own are what counts. */
  readonly systemtags: readonly Tag[] | undefined;
  /** The change is refused when the current desired state is another. */
  readonly revision: number | undefined;
  readonly policy: Policy;
}

/**
 * Reads a state. `source` is the file's name, for messages.
 * @throws JamesError STATE_INVALID, NAME_INVALID, TAG_INVALID, APP_DUPLICATE, naming file, line and key
 */
export function parseStateFile(text: string, source: string): StateFile {
  const [document, second] = YamlDocument.parseAll(text, source);
  if (document === undefined)
    throw new JamesError("STATE_INVALID", `${source} is empty`, {
      hint: "Begin with what get-state or get-desired-state prints for the device.",
    });
  if (second)
    throw new JamesError("STATE_INVALID", `${second.place([])}: a second document starts here`, {
      hint: "Set one device at a time, or use apply.",
    });
  const { id, systemtags, apps, revision, ...policy } = readAs(stateSchema, document);
  return { id, systemtags, apps, revision, policy: policyOf(policy) };
}
