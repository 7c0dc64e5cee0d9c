import {
  appsDigest,
  type DocumentChange,
  type DocumentKey,
  type DocumentScope,
  documentName,
  isInScope,
  JamesError,
  parseContent,
  parsePolicy,
  parseSpecId,
} from "@jamesd/model";
import { isCommonName } from "@jamesd/pki/subject";
import type { PacketPair } from "../deltas/ahead.ts";
import type { Current } from "../fleet/current.ts";
import { unknownDevice } from "../fleet/devices.ts";
import type { ChangingFleet } from "../fleet/fleet.ts";
import { ownDocuments } from "../fleet/own-documents.ts";
import type { Committed } from "../repository/document-store.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import { eachInSlices } from "../running/slices.ts";
import { changing } from "./affected.ts";
import type {
  Applied,
  ApplyRequest,
  ChangedDocument,
  DesiredChange,
  DesiredRequest,
  GivenDocument,
  RevertRequest,
} from "./change.ts";
import type { Changes } from "./changes.ts";
import { impactOf } from "./impact.ts";
import { Judge, type JudgedChange } from "./judge.ts";
import { outlook } from "./outlook.ts";
import { packetPairs } from "./packet-pairs.ts";
import type { RolloutChoice } from "./rollout-choice.ts";
import { requireRevision, unknownDocument } from "./unknown.ts";
import { warningsOf } from "./warnings.ts";

/** How changes are to be made. */
type How = Pick<ApplyRequest, "dryRun" | "rollout">;

/** Changes what the fleet should have: each change is looked at as a whole, and then made as one revision, or refused. */
export class Desired {
  readonly #fleet: ChangingFleet;
  readonly #repository: Repository;
  readonly #changes: Changes;
  readonly #judge: Judge;
  readonly #follows: (pairs: readonly PacketPair[]) => void;

  /** @param follows told which packets follow which by a change that was made */
  constructor(changes: Changes, follows: (pairs: readonly PacketPair[]) => void = () => undefined) {
    this.#fleet = changes.fleet;
    this.#repository = changes.repository;
    this.#changes = changes;
    this.#judge = new Judge(changes);
    this.#follows = follows;
  }

  /**
   * Sets what a device should have of its own, also of one that has not checked in yet: that is warned of.
   * @throws JamesError DEVICE_UNKNOWN for what cannot be an id, NO_PACKET_FULFILS, PATH_CONFLICT, REVISION_CONFLICT, TOO_MANY_AT_ONCE; then nothing has changed
   */
  async set({
    id,
    apps,
    policy = {},
    expected,
    rollout = {},
    ...request
  }: DesiredRequest): Promise<DesiredChange> {
    const changes = [toChange({ kind: "device", id, apps, policy, revision: expected })];
    return this.#changes.take(async (judgedAt) => {
      const judged = await this.#judge.judge(changes, request, rollout);
      const { proposal } = judged;
      const { changed } = await this.#commit(judged, request, rollout, judgedAt);
      return {
        ...(await this.#outlook(id)),
        changed: changed.length > 0,
        warnings: await warningsOf(proposal.changes, this.#fleet),
      };
    });
  }

  async #outlook(id: string): Promise<Omit<DesiredChange, "changed" | "warnings">> {
    const device = await this.#fleet.devices.get(id);
    if (!device) {
      const own = await this.#repository.documents.get({ kind: "device", id });
      return { revision: own?.revision ?? 0, target: appsDigest([]), steps: [], problem: null };
    }
    const { target } = device;
    if (!target) throw new JamesError("INTERNAL", `${id} has no target`);
    const { steps, problem } = await outlook(device, target, this.#fleet);
    const { wanted, digest } = target;
    return { revision: wanted.revision, target: digest, steps, problem: problem?.toBody() ?? null };
  }

  /**
   * Changes documents together. @throws JamesError SPEC_CONFLICT, NO_PACKET_FULFILS, PATH_CONFLICT, REVISION_CONFLICT, TOO_MANY_AT_ONCE,
   * SPEC_UNKNOWN, REVISION_UNKNOWN, REQUEST_INVALID, or what is wrong in a document; then nothing has changed
   */
  async apply(
    { documents, remove, prune, pruneScopes = [], message, ...how }: ApplyRequest,
    origin: Origin,
  ): Promise<Applied> {
    if (prune && documents.length === 0) throw nothingGiven();
    const given = await toChanges(documents);
    checkOnce([...given, ...remove]);
    return this.#changes.take(async (judgedAt) => {
      const removed = prune ? await this.#keysExcept(given, pruneScopes) : remove;
      const current = await this.#changes.current(removed);
      for (const key of removed) if (!current(key)) throw unknownDocument(key);
      const changes = [...given, ...removed.map((key) => ({ ...key, content: null }))];
      return this.#make(changes, { ...origin, message }, how, judgedAt);
    });
  }

  /** Makes everything, or one document, as it was at a revision. @throws JamesError REVISION_UNKNOWN, and as `apply` */
  async revert(
    { to, document, message = `Revert to revision ${to}`, ...how }: RevertRequest,
    origin: Origin,
  ): Promise<Applied> {
    return this.#changes.take(async (judgedAt) => {
      const newest = await this.#repository.revisions.newest();
      requireRevision(to, newest);
      const changes = document
        ? [{ ...document, content: (await this.#repository.documents.get(document, to))?.content ?? null }]
        : await this.#back(to, newest);
      return this.#make(changes, { ...origin, message, reverts: { to, document } }, how, judgedAt);
    });
  }

  /**
   * Forgets a device, and what it should have of its own, as a revision.
   * @throws JamesError DEVICE_UNKNOWN, DEVICE_IN_USE unless `force`
   */
  async removeDevice(id: string, force: boolean, origin: Origin): Promise<void> {
    await this.#changes.take(async (judgedAt) => {
      if (!this.#fleet.devices.isKnown(id)) throw unknownDevice(id);
      this.#fleet.scopes.device(origin, id);
      const hasOwn = (await this.#repository.documents.get({ kind: "device", id })) !== undefined;
      if (!force && this.#fleet.presence.isConnected(id)) throw inUse(id, "is connected");
      if (!force && hasOwn) throw inUse(id, "has a desired state of its own");
      await this.#fleet.commands.remove(id, { ...origin, message: `Remove the device ${id}` }, judgedAt);
    });
  }

  /** What makes every document as it was at a revision. */
  async #back(to: number, newest: number): Promise<readonly DocumentChange[]> {
    const then = await this.#repository.documents.all(to, { after: to, upTo: newest });
    const contents = new Map(then.map(({ content, ...key }) => [documentName(key), content]));
    const keys = await this.#repository.documents.touched({ after: to, upTo: newest });
    return keys.map((key) => ({ ...key, content: contents.get(documentName(key)) ?? null }));
  }

  async #make(
    changes: readonly DocumentChange[],
    request: RevisionRequest,
    { dryRun, rollout = {} }: How,
    judgedAt: number,
  ): Promise<Applied> {
    const judged = await this.#judge.judge(changes, request, rollout);
    const { proposal, affected, before, spread } = judged;
    const real = proposal.changes;
    const meaning = await impactOf(affected, real, this.#fleet);
    const tooMany = dryRun && !spread ? this.#changes.atOnce.warnings(changing(affected), rollout) : [];
    const warnings = [...tooMany, ...judged.warnings, ...meaning.warnings];
    const impact = { ...meaning, warnings };
    const documents: ChangedDocument[] = [];
    await eachInSlices(real, (change) => documents.push(changedBy(change, before)));
    const revision = dryRun
      ? await this.#repository.revisions.newest()
      : (await this.#commit(judged, request, rollout, judgedAt)).revision;
    const unchanged = changes.length - real.length;
    return { revision, documents, unchanged, impact, waves: spread?.waves };
  }

  async #commit(
    { proposal, affected, spread, rollouts }: JudgedChange,
    request: RevisionRequest,
    rollout: RolloutChoice,
    judgedAt: number,
  ): Promise<Committed> {
    if (!spread) this.#changes.atOnce.check(changing(affected), rollout);
    const committed = await this.#changes.commit(proposal, request, judgedAt, rollouts);
    this.#follows(packetPairs(affected));
    return committed;
  }

  /** Every document but these, in one of the scopes. */
  async #keysExcept(
    given: readonly DocumentKey[],
    scopes: readonly DocumentScope[],
  ): Promise<readonly DocumentKey[]> {
    const kept = new Set(given.map(documentName));
    const keys: DocumentKey[] = [];
    for await (const some of ownDocuments(this.#repository.documents))
      keys.push(...some.map(({ kind, id }) => ({ kind, id })));
    for (const { id } of this.#fleet.targets.documents.specs()) keys.push({ kind: "spec", id });
    return keys.filter((key) => !kept.has(documentName(key)) && isInScope(key, scopes));
  }
}

function changedBy({ kind, id, content }: DocumentChange, before: Current): ChangedDocument {
  if (content === null) return { kind, id, action: "removed" };
  return { kind, id, action: before({ kind, id }) ? "changed" : "created" };
}

async function toChanges(documents: readonly GivenDocument[]): Promise<readonly DocumentChange[]> {
  const changes: DocumentChange[] = [];
  await eachInSlices(documents, (document) => changes.push(toChange(document)));
  return changes;
}

function toChange(document: GivenDocument): DocumentChange {
  const { kind, id, selector = [], apps, policy, rollout, revision } = document;
  if (kind === "spec") parseSpecId(id);
  else if (!isCommonName(id)) throw unknownDevice(id);
  return {
    kind,
    id,
    content: parseContent({ selector, apps, policy: parsePolicy(policy), rollout }),
    expected: revision,
  };
}

function inUse(id: string, why: string): JamesError {
  return new JamesError("DEVICE_IN_USE", `${id} ${why}`, {
    hint: "With --force it is forgotten with its desired state, which history keeps; it comes back as a new one when it checks in.",
  });
}

// What made the documents may have failed: an empty list is not taken for the wish to have nothing anywhere.
function nothingGiven(): JamesError {
  return new JamesError("REQUEST_INVALID", "pruning with no document at all would remove every one", {
    hint: "See what came before; to remove everything, name each document.",
  });
}

function checkOnce(keys: readonly DocumentKey[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    const name = documentName(key);
    if (seen.has(name))
      throw new JamesError("REQUEST_INVALID", `the ${name} is given twice`, {
        hint: "Give each document once.",
      });
    seen.add(name);
  }
}
