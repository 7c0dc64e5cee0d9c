import {
  type DeviceState,
  type Digest,
  type InstalledApp,
  JamesError,
  parseApps,
  parseTags,
  stateDigest,
  type Tag,
  UNUSABLE,
} from "@jamesd/model";
import { type DeviceRecord, NEW_STANDING, type Standing } from "../device/device-record.ts";
import { digestOfApps } from "../device/digest-of-apps.ts";
import type { Report } from "../device/report.ts";
import type { Double } from "../device/voice.ts";
import { deviceDoubled, deviceReported } from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import { canDrift, type Device, isAnswer, resolvable } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Halts } from "./halts.ts";
import type { LoadedDevice } from "./loaded-device.ts";
import type { Resolvable } from "./resolver.ts";
import type { Target } from "./target.ts";
import type { Targets } from "./targets.ts";

/** A report that came in. */
export interface Incoming {
  readonly report: Report;
  /** The apps of the plan that it was sent before, when it was not heard of since. */
  readonly sent: readonly InstalledApp[] | undefined;
  /** It was sent the wish that it try again. */
  readonly isRetrySent: boolean;
  readonly origin: Origin;
}

/** What a device says of itself, and what it was given. */
interface TagsOfBoth {
  readonly systemtags: readonly Tag[];
  readonly given: readonly Tag[];
}

/** What takes reports in. */
export interface ReportsParts {
  readonly repository: Repository;
  readonly devices: Devices;
  readonly targets: Targets;
  readonly halts: Halts;
  readonly now: () => number;
}

/** Writes down what devices report, and how they stand to the history of this server then. */
export class Reports {
  readonly #parts: ReportsParts;

  constructor(parts: ReportsParts) {
    this.#parts = parts;
  }

  /** Takes one in. */
  async take(device: LoadedDevice, { report, sent, isRetrySent, origin }: Incoming): Promise<void> {
    const { repository, devices, halts, now } = this.#parts;
    const { record } = device;
    const state = report.state ? parseState(report.state, report.digest) : record?.state;
    // A report without a state from a device that the server does not know: it is asked for the state, and reports again.
    if (!state) return;
    const digest = report.state ? report.digest : device.stateDigest;
    const has = digestOfApps(state.apps);
    const given = record?.given ?? (await repository.devices.awaitedTags(device.id));
    const tags = { systemtags: state.systemtags, given };
    const wanted = () => this.#target(device, tags, record?.standing ?? NEW_STANDING)?.digest;
    const standing = await halts.judge(device, { ...report, state, appsDigest: has, sent, wanted });
    const compared = standing.halt ? undefined : this.#compared(device, tags, standing, { has, sent });
    const { target } = device;
    const orders = [target?.apps, compared?.target?.apps, sent];
    const saved = {
      id: device.id,
      state,
      given,
      ...agentOf(report, record),
      ...driftOf(report, record),
      // Agents that do not look say nothing of it with their state either.
      unmerged: report.unmerged ?? (report.state ? [] : (record?.unmerged ?? [])),
      lastSeen: now(),
      certEnds: report.certEnds ?? record?.certEnds ?? null,
      certIssuer: report.certIssuer ?? record?.certIssuer ?? null,
      certSerial: report.certificate?.serial ?? record?.certSerial ?? null,
      renew: record?.renew ?? null,
      transaction: report.transaction ?? lastOf(record, report),
      retry: isAnswer(report.transaction, device, isRetrySent) ? null : (record?.retry ?? null),
      reinstall: reinstallAfter(report, record),
      go: goOf(report, record, has),
      standing: { ...(compared?.standing ?? standing), claimed: claimedOf(state, record, orders) },
    };
    await repository.devices.save([saved], deviceReported(record, saved, origin));
    devices.setRecord(device, saved, digest);
  }

  /** Writes down that there are two of a device, once something is known of it. */
  async tellDouble({ record }: Device, double: Double, origin: Origin): Promise<void> {
    if (record)
      await this.#parts.repository.devices.save([record], [deviceDoubled(record.id, double, origin)]);
  }

  /** What a device should have by its report, and its standing after what it has was compared with that, or with what it was told to have. */
  #compared(
    device: Device,
    tags: TagsOfBoth,
    standing: Standing,
    { has, sent }: { has: Digest; sent: Incoming["sent"] },
  ): { readonly target: Target | undefined; readonly standing: Standing } {
    const target = this.#target(device, tags, standing);
    const isAsWanted = has === target?.digest || (sent !== undefined && has === digestOfApps(sent));
    const isManaged = standing.isManaged || isAsWanted;
    const wish = Math.max(standing.wish, target?.wanted.revision ?? 0);
    return { target, standing: { ...standing, isManaged, wish } };
  }

  #target(device: Device, { systemtags, given }: TagsOfBoth, standing: Standing): Target | undefined {
    const { devices, targets } = this.#parts;
    const now = { id: device.id, tagSet: devices.tagSet(systemtags, given), standing, own: device.own };
    const isAsBefore = device.record && isAlike(resolvable(device), now);
    return isAsBefore ? device.target : targets.current.target(now);
  }
}

/** Of the packets that a device says it has, those that it was never told to have. */
function claimedOf(
  { apps }: DeviceState,
  before: DeviceRecord | undefined,
  orders: readonly (readonly InstalledApp[] | undefined)[],
): readonly Digest[] {
  const ordered = new Set(orders.flatMap((apps = []) => apps.map(({ digest }) => digest)));
  const said = new Set(before?.state.apps.map(({ digest }) => digest));
  for (const digest of before?.standing.claimed ?? []) said.delete(digest);
  return apps.map(({ digest }) => digest).filter((digest) => !ordered.has(digest) && !said.has(digest));
}

/** True of two looks at one device by which it should have the same. */
function isAlike(one: Resolvable, other: Resolvable): boolean {
  return one.tagSet === other.tagSet && one.standing.isManaged === other.standing.isManaged;
}

/** The agent says what it is and can do together: one that was put back to an older version no longer has what it had. */
function agentOf(
  { agent, features = [] }: Report,
  record: DeviceRecord | undefined,
): Pick<DeviceRecord, "agent" | "features"> {
  return agent === undefined
    ? { agent: record?.agent ?? "", features: record?.features ?? [] }
    : { agent, features };
}

/** The wish that it begin now ends with that transaction, however that ended. */
function goOf({ transaction }: Report, record: DeviceRecord | undefined, has: Digest): DeviceRecord["go"] {
  const go = record?.go ?? null;
  const isTried = transaction !== undefined && transaction.id !== record?.transaction?.id;
  return go && (has === go.target || (isTried && transaction.target === go.target)) ? null : go;
}

/** What is known of a device's drift: nothing, when its agent was put back to a version that does not look for it. */
function driftOf(
  { agent, features = [], drift, verified }: Report,
  record: DeviceRecord | undefined,
): Pick<DeviceRecord, "drift" | "verify"> {
  if (agent !== undefined && !canDrift({ features })) return { drift: null, verify: null };
  const { verify = null } = record ?? {};
  return { drift: drift ?? record?.drift ?? null, verify: verified === verify ? null : verify };
}

/** What a device that reports no transaction reported last: that it could not tell its state is over when it does. */
function lastOf(record: DeviceRecord | undefined, { state }: Report): DeviceRecord["transaction"] {
  const last = record?.transaction ?? null;
  const isOver = state !== undefined && last?.outcome === "stuck" && last.id.startsWith(UNUSABLE);
  return isOver ? { ...last, outcome: "rolled-back" } : last;
}

/** The wish that an app be installed again ends with the transaction that was for it, however that ended. */
function reinstallAfter(
  { transaction }: Report,
  record: DeviceRecord | undefined,
): DeviceRecord["reinstall"] {
  const wish = record?.reinstall ?? null;
  return transaction?.reinstall === wish?.id ? null : wish;
}

/** Checks what a device says it has, and that it is what its digest names. @throws JamesError REQUEST_INVALID, TAG_INVALID, NAME_INVALID, APP_DUPLICATE */
function parseState(state: DeviceState, digest: string): DeviceState {
  const parsed = { systemtags: parseTags(state.systemtags), apps: parseApps(state.apps) };
  if (stateDigest(parsed) === digest) return parsed;
  throw new JamesError("REQUEST_INVALID", "the digest in the check-in is not that of its state");
}
