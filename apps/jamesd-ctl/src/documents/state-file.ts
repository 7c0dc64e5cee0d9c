import {
  type App,
  DOCUMENT_KINDS,
  type DocumentKind,
  JamesError,
  type Policy,
  parseName,
  parsePolicy,
  parseTag,
  type Tag,
} from "@jamesd/model";
import { parseConfirm, parseOwners, parseUnowned } from "../views/policy-text.ts";
import { YamlValue } from "./yaml-value.ts";

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
  const { kind, id, systemtags, ...rest } = YamlValue.parse(text, source).fields(
    ["kind", "id", "systemtags", "apps", "revision", "confirm", "unowned", "owners"],
    ["id", "apps"],
  );
  if (kind && readKind(kind) !== "device")
    throw kind.refuse("is spec, but this sets the state of one device", "Set specs with jamesd-ctl apply.");
  return { id: id ? readId(id) : "", systemtags: systemtags && readTags(systemtags), ...readWishes(rest) };
}

/** What states and specs both say. @throws JamesError STATE_INVALID, NAME_INVALID, TAG_INVALID, APP_DUPLICATE */
export function readWishes({
  apps,
  revision,
  confirm,
  unowned,
  owners,
}: Partial<Record<"apps" | "revision" | "confirm" | "unowned" | "owners", YamlValue>>): Pick<
  StateFile,
  "apps" | "revision" | "policy"
> {
  return {
    apps: apps ? readApps(apps) : [],
    revision: revision?.count(),
    policy: parsePolicy({
      confirm: confirm?.check(stateValue(parseConfirm)),
      unowned: unowned?.check(stateValue(parseUnowned)),
      owners: owners?.check(stateValue(parseOwners)),
    }),
  };
}

// In a file a bad value is the file's fault, not the command line's.
function stateValue<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (cause) {
      const { message, hint } = JamesError.from(cause);
      throw new JamesError("STATE_INVALID", message, { hint, cause });
    }
  };
}

function readApps(list: YamlValue): readonly App[] {
  const seen = new Set<string>();
  return list.items().map((item) => {
    const fields = item.fields(["name", "tags"], ["name"]);
    const name = fields.name?.check(parseName) ?? "";
    if (seen.has(name))
      throw item.refuse(
        `is the app ${JSON.stringify(name)} again`,
        "List each app once, with all its tags.",
        "APP_DUPLICATE",
      );
    seen.add(name);
    return { name, tags: fields.tags ? readTags(fields.tags) : [] };
  });
}

/** A list of tags. @throws JamesError STATE_INVALID, TAG_INVALID */
export function readTags(list: YamlValue): readonly Tag[] {
  return [...new Set(list.items().map((item) => item.check(parseTag)))];
}

/** What a document says that it is. @throws JamesError STATE_INVALID */
export function readKind(value: YamlValue): DocumentKind {
  const kind = DOCUMENT_KINDS.find((word) => word === value.text());
  if (kind) return kind;
  const words = DOCUMENT_KINDS.map((word) => (word === "device" ? "a device's state" : `a ${word}`));
  throw value.refuse(
    `${JSON.stringify(value.text())} is neither ${DOCUMENT_KINDS.join(" nor ")}`,
    `A document is ${words.join(" or ")}; kind may be left out.`,
  );
}

/** A device's id. @throws JamesError STATE_INVALID */
export function readId(value: YamlValue): string {
  const id = value.text();
  if (id === "") throw value.refuse("is empty", "Name the device as in its certificate.");
  return id;
}
