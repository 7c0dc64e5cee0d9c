import {
  type App,
  type DocumentChange,
  type DocumentContent,
  diffApps,
  hasDevice,
  hasPacket,
  hasUnseenDevice,
  JamesError,
  missingTerms,
  type Scope,
  sameTags,
  type Tag,
  unmetTerms,
} from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Current } from "./current.ts";
import type { KnownDevice } from "./device.ts";
import type { Devices } from "./devices.ts";
import { ownDocuments } from "./own-documents.ts";
import type { Targets } from "./targets.ts";

/** Who asks for a change. */
type Asker = Pick<Origin, "author" | "scope">;

/** What is known of the fleet that is judged about. */
export interface ScopeJudgeParts {
  readonly devices: Pick<Devices, "tagSetOf" | "tagSet">;
  readonly targets: Pick<Targets, "current">;
  readonly documents: Pick<DocumentStore, "ownAfter">;
}

const WHOLE = "an operator of the whole fleet, or of a scope that includes it, can do this";

/**
 * Says what an operator of a part of the fleet may change: devices that its scope chooses, before and after; specs whose
 * selectors name all terms of its scope, so that they never choose another device; packets whose names begin as its scope
 * says, as long as nothing beyond it wants them. Who has no scope may change everything. What a change touches is judged
 * where it is made, in the turn in which it is made.
 */
export class ScopeJudge {
  readonly #parts: ScopeJudgeParts;

  constructor(parts: ScopeJudgeParts) {
    this.#parts = parts;
  }

  /** Of a device something is to change. @throws JamesError SCOPE_EXCEEDED */
  device({ author, scope }: Asker, id: string): void {
    if (!scope || this.#hasDevice(scope, id)) return;
    const tagSet = this.#parts.devices.tagSetOf(id);
    const unmet = tagSet ? unmetTerms(scope, tagSet.set, id) : scope.devices;
    throw exceeded(
      author,
      tagSet ? id : `${id}, which has not checked in yet,`,
      `${list(unmet)} does not hold for it`,
      `${WHOLE}, or take it in first: tag-device gives what given: words mean.`,
    );
  }

  /** A device is to have these tags of the server, and no others. @throws JamesError SCOPE_EXCEEDED */
  tags(asker: Asker, { id, record }: KnownDevice, given: readonly Tag[]): void {
    this.device(asker, id);
    const { author, scope } = asker;
    if (!scope) return;
    const { set } = this.#parts.devices.tagSet(record.state.systemtags, given);
    if (hasDevice(scope, set, id)) return;
    const lost = list(unmetTerms(scope, set, id));
    throw exceeded(author, `${id} with these tags`, `${lost} would not hold for it any more`, `${WHOLE}.`);
  }

  /** An app of a device is to change. @throws JamesError SCOPE_EXCEEDED */
  app({ author, scope }: Asker, app: string): void {
    if (scope && !hasPacket(scope, app))
      throw exceeded(author, `the packet ${app}`, named(scope), `${WHOLE}.`);
  }

  /** Documents are to change, of which `before` says what they say now. @throws JamesError SCOPE_EXCEEDED */
  documents(asker: Asker, changes: readonly DocumentChange[], before: Current): void {
    if (!asker.scope) return;
    for (const change of changes) {
      const { kind, id, content } = change;
      const was = before(change)?.content;
      if (kind === "device") this.device(asker, id);
      else for (const spec of [was, content]) if (spec) requireSelector(asker, id, spec);
      for (const app of touchedApps(was, content)) this.app(asker, app);
    }
  }

  /** A packet of a name is to be there. @throws JamesError SCOPE_EXCEEDED */
  async addition(asker: Asker, name: string): Promise<void> {
    this.app(asker, name);
    const { author, scope } = asker;
    const other = scope && (await this.#wantedBeyond(scope, name));
    if (other === undefined) return;
    throw exceeded(
      author,
      `the packet ${name}`,
      `${other} wants it, which is beyond the scope`,
      `${WHOLE}; or give it another name.`,
    );
  }

  /** A packet of a name, which devices need, is to be there no more. @throws JamesError SCOPE_EXCEEDED */
  async removal(asker: Asker, name: string, needing: readonly string[]): Promise<void> {
    await this.addition(asker, name);
    for (const id of needing) this.device(asker, id);
  }

  /** Whoever comes with a name is to be locked out, or let in. Who is no device is of no part of the fleet. @throws JamesError SCOPE_EXCEEDED */
  holder(asker: Asker, name: string): void {
    if (this.#parts.devices.tagSetOf(name)) this.device(asker, name);
    else this.whole(asker, name);
  }

  /** Something is to change that belongs to no part of the fleet. @throws JamesError SCOPE_EXCEEDED */
  whole({ author, scope }: Asker, what: string): void {
    if (scope) throw exceeded(author, what, "it is about no part of the fleet", `${WHOLE}.`);
  }

  #hasDevice(scope: Scope, id: string): boolean {
    const tagSet = this.#parts.devices.tagSetOf(id);
    return tagSet ? hasDevice(scope, tagSet.set, id) : hasUnseenDevice(scope, id);
  }

  /** The first document beyond a scope that wants an app: whatever packets of its name there are may be what it gets. */
  async #wantedBeyond(scope: Scope, name: string): Promise<string | undefined> {
    const { targets, documents } = this.#parts;
    const isWanted = (apps: readonly App[]): boolean => apps.some((app) => app.name === name);
    const { current } = targets;
    for (const { id, selector, apps } of current.specs())
      if (isWanted(apps) && missingTerms(scope, selector).length > 0) return `the spec ${id}`;
    const isBeyond = ({ id, content }: { readonly id: string; readonly content: DocumentContent }): boolean =>
      isWanted(content.apps) && !this.#hasDevice(scope, id);
    for await (const some of ownDocuments(documents))
      for (const own of some) if (isBeyond(own)) return `the desired state of ${own.id}`;
    for (const own of current.olderOwn()) if (isBeyond(own)) return `the desired state of ${own.id}`;
    return undefined;
  }
}

/** What an operator may not do of a part of the fleet that it has. @returns SCOPE_EXCEEDED */
export function exceeded(author: string, what: string, why: string, hint: string): JamesError {
  const [first = "", ...rest] = hint;
  return new JamesError("SCOPE_EXCEEDED", `${what} is beyond the scope of ${author}: ${why}`, {
    hint: first.toUpperCase() + rest.join(""),
  });
}

function requireSelector({ author, scope }: Asker, id: string, { selector }: DocumentContent): void {
  const missing = scope ? missingTerms(scope, selector) : [];
  if (missing.length > 0)
    throw exceeded(
      author,
      `the spec ${id}`,
      `its selector lacks ${list(missing)}`,
      `A selector that names ${list(missing)} as well chooses devices of the scope only; ${WHOLE}.`,
    );
}

/** The apps that are not the same before and after, for all devices that the document is about. */
function touchedApps(
  before: DocumentContent | undefined,
  after: DocumentContent | null,
): ReadonlySet<string> {
  const [was, is] = [before?.apps ?? [], after?.apps ?? []];
  // For other devices all of them come or go.
  if (before && after && !sameTags(before.selector, after.selector))
    return new Set([...was, ...is].map(({ name }) => name));
  return new Set(diffApps(was, is).map(({ name }) => name));
}

function named({ packets }: Scope): string {
  return packets.length === 0
    ? "the scope has no packets"
    : `its name does not begin with ${packets.join(" or ")}`;
}

function list(terms: readonly Tag[]): string {
  return terms.join(" and ");
}
