import { JamesError } from "./error.ts";
import { isSelected, parseSelector, type Selector, selectsByClaims } from "./selector.ts";
import { isWord, type Tag } from "./tag.ts";

/** The part of the fleet that an operator may change. */
export interface Scope {
  /** What chooses its devices, as the selector of a spec does; none of these terms: all devices. */
  readonly devices: Selector;
  /** How the names of its packets begin; none: no packet, one that is empty: every packet. */
  readonly packets: readonly string[];
}

/** What stands for all devices, or for the packets of all names: nothing at all could be a mistake. */
const ALL = "*";
/** So many terms or prefixes a scope has. */
const MAX_WORDS = 100;

/** A scope as people and certificates write it. */
export interface ScopeWords {
  readonly devices: readonly string[];
  readonly packets: readonly string[];
}

/** Checks a scope; whatever is not understood is refused, and never left out. @throws JamesError SCOPE_INVALID */
export function parseScope({ devices, packets }: ScopeWords): Scope {
  if (devices.length === 0)
    throw invalid("it names no devices", `Name terms of a selector, or ${ALL} for all devices.`);
  if (devices.length > MAX_WORDS || packets.length > MAX_WORDS)
    throw invalid("it is too long", `A scope has at most ${MAX_WORDS} terms and ${MAX_WORDS} prefixes.`);
  if ([devices, packets].some((words) => words.includes(ALL) && words.length > 1))
    throw invalid(`${ALL} stands for all, and alone`, `Leave ${ALL} out, or the others.`);
  const prefix = packets.find((word) => !isWord(word));
  if (prefix !== undefined)
    throw invalid(`${JSON.stringify(prefix)} begins no packet's name`, "Write how names begin, as in acme-.");
  return { devices: devices[0] === ALL ? [] : terms(devices), packets: packets[0] === ALL ? [""] : packets };
}

/** The words that `parseScope` reads. */
export function scopeWords({ devices, packets }: Scope): ScopeWords {
  return {
    devices: devices.length === 0 ? [ALL] : devices,
    packets: packets.includes("") ? [ALL] : packets,
  };
}

/** Reads a scope in one line: `devices=given:lab,armv7l&packets=acme-`, percent-encoded where need be (RFC 3986). @throws JamesError SCOPE_INVALID */
export function parseScopeText(text: string): Scope {
  const words: Record<keyof ScopeWords, string[]> = { devices: [], packets: [] };
  const said = new Set<string>();
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(at, 0));
    if (name !== "devices" && name !== "packets")
      throw invalid(`${JSON.stringify(part)} says neither devices= nor packets=`, HOW);
    said.add(name);
    words[name].push(...decoded(part.slice(at + 1)).filter((word) => word !== ""));
  }
  if (said.size < 2) throw invalid(`${JSON.stringify(text)} lacks devices= or packets=`, HOW);
  return parseScope(words);
}

const HOW = "Write it as devices=given:lab,armv7l&packets=acme-.";

/** The line that `parseScopeText` reads, in the characters that a URI may have. */
export function scopeText(scope: Scope): string {
  const { devices, packets } = scopeWords(scope);
  const list = (words: readonly string[]): string => words.map(encodeURIComponent).join(",");
  return `devices=${list(devices)}&packets=${list(packets)}`;
}

/** What is in both of two scopes. */
export function narrowed(one: Scope, other: Scope): Scope {
  const within = (prefixes: readonly string[], others: readonly string[]): readonly string[] =>
    prefixes.filter((prefix) => others.some((begin) => prefix.startsWith(begin)));
  return {
    devices: [...new Set([...one.devices, ...other.devices])],
    packets: [...new Set([...within(one.packets, other.packets), ...within(other.packets, one.packets)])],
  };
}

/** True when a device with these tags is in a scope. */
export function hasDevice({ devices }: Scope, tags: ReadonlySet<Tag>, id: string): boolean {
  return isSelected(devices, tags, id);
}

/** The terms of a scope that do not hold for a device with these tags: none, when it is in the scope. */
export function unmetTerms({ devices }: Scope, tags: ReadonlySet<Tag>, id: string): readonly Tag[] {
  return devices.filter((term) => !isSelected([term], tags, id));
}

/** True when a device that nobody has seen yet is in a scope, whatever tags it will say that it has. */
export function hasUnseenDevice({ devices }: Scope, id: string): boolean {
  return isSelected(devices, new Set(), id) && !selectsByClaims(devices);
}

/** True when packets of a name are in a scope. */
export function hasPacket({ packets }: Scope, name: string): boolean {
  return packets.some((prefix) => name.startsWith(prefix));
}

/** The terms that a selector lacks to choose devices of a scope only, whichever there will ever be: none, when it does so. */
export function missingTerms({ devices }: Scope, selector: Selector): readonly Tag[] {
  const said = new Set(selector);
  return devices.filter((term) => !said.has(term));
}

function terms(devices: readonly string[]): Selector {
  try {
    return parseSelector(devices);
  } catch (cause) {
    const { message, hint } = JamesError.from(cause);
    throw new JamesError("SCOPE_INVALID", `the scope is not valid: ${message}`, { hint, cause });
  }
}

function decoded(list: string): readonly string[] {
  try {
    // No word holds a comma, however that is written.
    return decodeURIComponent(list).split(",");
  } catch (cause) {
    throw new JamesError(
      "SCOPE_INVALID",
      `the scope is not valid: ${JSON.stringify(list)} is not encoded well`,
      {
        hint: "Write a % that is meant as %25.",
        cause,
      },
    );
  }
}

function invalid(why: string, hint: string): JamesError {
  return new JamesError("SCOPE_INVALID", `the scope is not valid: ${why}`, { hint });
}
