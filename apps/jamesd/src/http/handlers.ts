import { FORMATS, isDigest, JamesError, parseName, parseTagList } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { RouteName } from "@jamesd/protocol";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Recompression } from "../blobs/recompression.ts";
import type { Deltas } from "../deltas/deltas.ts";
import type { Adoption } from "../desired/adopt.ts";
import type { Applied } from "../desired/change.ts";
import type { Desired } from "../desired/desired.ts";
import type { History } from "../desired/history.ts";
import type { LookAhead } from "../desired/look-ahead.ts";
import type { Tagging } from "../desired/tagging.ts";
import type { Order } from "../device/order.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { ReadingAhead } from "../ingest/reading-ahead.ts";
import type { Uploads } from "../ingest/uploads.ts";
import type { Packets } from "../packets/packets.ts";
import type { PathSearch } from "../packets/path-search.ts";
import type { WholeBundles } from "../packets/whole-bundles.ts";
import type { PacketInfo } from "../repository/packet-info.ts";
import type { Rollouts } from "../rollouts/rollouts.ts";
import type { WavesOfDevices } from "../rollouts/waves-of-devices.ts";
import { blobReply, bundleReply, packetReply } from "./bytes.ts";
import type { Call, Handlers, Held } from "./call.ts";
import type { Answered, CheckInLine } from "./check-in-line.ts";
import { notModified } from "./conditional.ts";
import { makeHistoryHandlers } from "./history-handlers.ts";
import type { Holder } from "./identity.ts";
import { type JoiningServices, makeJoiningHandlers } from "./joining-handlers.ts";
import { makeLookingHandlers } from "./looking-handlers.ts";
import { orderReply } from "./order-reply.ts";
import { parsePathQuery } from "./path-query.ts";
import { waitOf } from "./prefer.ts";
import { countOf } from "./query.ts";
import type { Reads } from "./reads.ts";
import { Reply } from "./reply.ts";
import { makeRolloutHandlers } from "./rollout-handlers.ts";
import { wireAbout } from "./v1/about.ts";
import type { Answer } from "./v1/answer.ts";
import {
  adoptRequest,
  applyRequest,
  revertRequest,
  wireAdopted,
  wireApplied,
  wireDesiredChange,
  wireTagged,
} from "./v1/changes.ts";
import { reportOf } from "./v1/check-in.ts";
import { wirePacketImpact } from "./v1/look-ahead.ts";
import { wireStep } from "./v1/nouns.ts";
import { packetChoice, packetRequest, wireAdded, wirePacket } from "./v1/packets.ts";
import { wirePathPage } from "./v1/paths.ts";
import { wireKnownRevocation, wireRevocation } from "./v1/revocations.ts";
import { makeWatchingHandlers, type WatchedServices } from "./watching-handlers.ts";

/** What the handlers work on. */
export interface Services extends WatchedServices {
  readonly fleet: Fleet;
  readonly desired: Desired;
  readonly adoption: Adoption;
  readonly tagging: Tagging;
  readonly history: History;
  readonly rollouts: Rollouts;
  readonly lookAhead: LookAhead;
  readonly wavesOfDevices: WavesOfDevices;
  readonly packets: Packets;
  readonly paths: PathSearch;
  readonly blobs: BlobStore;
  readonly recompression: Recompression;
  readonly deltas: Deltas;
  readonly wholeBundles: WholeBundles;
  readonly uploads: Uploads;
  /** What takes archives in, and reads them. */
  readonly archives: ReadingAhead;
  readonly reads: Reads;
  readonly maxHoldMs: number;
  /** Undefined: this server lets no devices join. */
  readonly joining: JoiningServices | undefined;
  /** Where people's browsers find the dashboard; undefined: there is none, or no way to it is known. */
  readonly dashboardUrl: () => string | undefined;
}

/** The handlers of the protocol: each only hands on to the service that knows. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table
export function makeHandlers({
  fleet,
  desired,
  adoption,
  tagging,
  history,
  rollouts,
  lookAhead,
  wavesOfDevices,
  packets,
  paths,
  blobs,
  recompression,
  deltas,
  wholeBundles,
  uploads,
  archives,
  reads,
  maxHoldMs,
  events,
  summaries,
  joining,
  dashboardUrl,
}: Services): Handlers {
  /** The packet that a route names, of those that its caller may read. @throws JamesError PACKET_UNKNOWN */
  const knownTo = async (holder: Holder, params: Call<RouteName>["params"]): Promise<PacketInfo> => {
    const digest = digestParam(params);
    await reads.requirePacket(holder, digest);
    return packets.known(digest);
  };
  // Nobody waits for what it would not be told: until its certificate has ended.
  const holdMs = ({ headers, holder, origin }: Held): number =>
    Math.min(waitOf(headers), maxHoldMs, holder.certEnds + 1 - origin.time);
  return {
    ...makeJoiningHandlers(joining),
    ...makeHistoryHandlers(history, fleet.targets),
    ...makeRolloutHandlers(rollouts, fleet.list),
    ...makeLookingHandlers({ list: fleet.list, lookAhead, packets, wavesOfDevices }),
    ...makeWatchingHandlers({ fleet, events, summaries }, holdMs),
    // Of what came nothing is kept while it is held but what is handed on here.
    checkin: ({ origin, body, holder, headers, spendNews, left: signal, line }) => {
      const { certStarts, certEnds, certificate, issuer: certIssuer, connection } = holder;
      const report = { ...reportOf(body), certStarts, certEnds, certificate, certIssuer };
      const waitMs = holdMs({ headers, holder, origin });
      const taken = line?.takeOver(report);
      const order = taken
        ? fleet.checkIns.resume(taken, signal)
        : fleet.checkIns.answer(origin, report, { waitMs, connection, spendNews, signal });
      const voice = { instance: report.instance, connection, address: origin.address };
      const answered = report.state ? undefined : { id: origin.author, voice, report, waitMs };
      return answerTo(order, line, answered);
    },
    ping: async () => undefined,
    about: async ({ holder }) => wireAbout(holder, dashboardUrl(), joining !== undefined),
    getBlob: async ({ params, headers, holder }) => {
      const digest = digestParam(params);
      await reads.requireBlob(holder, digest);
      return blobReply(digest, { blobs, recompression }, headers);
    },
    getPacket: async ({ params, headers, holder }) => {
      const { digest } = await knownTo(holder, params);
      return notModified(headers, [digest]) ?? (await packetReply(digest, packets.texts));
    },
    getBundle: async ({ params, headers, holder }) => {
      const { digest } = await knownTo(holder, params);
      return (
        notModified(headers, [digest]) ?? bundleReply(digest, await packets.bundle(digest), blobs, headers)
      );
    },
    getWholeBundle: async ({ params, headers, holder, origin, signal }) => {
      const asking = { who: holder.account, waitMs: holdMs({ headers, holder, origin }), signal };
      return numbered("bundle", await wholeBundles.get((await knownTo(holder, params)).digest, asking));
    },
    getDelta: async ({ params, query, headers, holder, origin, signal }) => {
      const asking = { who: holder.account, waitMs: holdMs({ headers, holder, origin }), signal };
      const [base, target] = [digestParam({ digest: query.base ?? "" }), digestParam(params)];
      for (const digest of [base, target]) if (!(await reads.mayReadPacket(holder, digest))) return undefined;
      return numbered("delta", await deltas.get(base, target, asking));
    },
    getArchive: async ({ params, holder }) => {
      const { digest } = await knownTo(holder, params);
      return new Reply(200, { "content-type": "application/x-tar" }, () => packets.archive(digest));
    },
    listPackets: async ({ query }) =>
      (await packets.list(query.name, parseTagList(query.tags ?? ""), query.unneeded === "true")).map(
        wirePacket,
      ),
    findPath: async ({ query, signal }) => wirePathPage(await paths.page(parsePathQuery(query), signal)),
    addPacket: async ({ body, origin, signal }) => {
      const added = await packets.add(packetRequest(body), origin, signal, packetChoice(body));
      deltas.order(body.deltaFrom ?? [], added.packet.digest);
      return wireAdded(added);
    },
    removePacket: async ({ params, query, origin }) =>
      packets.remove(digestParam(params), query.force === "true", origin, {
        now: query.now === "true",
      }) as Promise<undefined>,
    getUpload: async ({ params }) => {
      const digest = digestParam(params);
      archives.expect(digest);
      return { offset: await uploads.offset(digest) };
    },
    putUpload: async ({ params, query, body }) => {
      // Left open when it is refused half-way: the answer still has to go out on the same socket.
      const content = body.iterator({ destroyOnReturn: false });
      return { offset: await archives.append(digestParam(params), countOf(query, "offset") ?? 0, content) };
    },
    removeDevice: async ({ params, query, origin }) => {
      await desired.removeDevice(params.id ?? "", query.force === "true", origin);
      return undefined;
    },
    revoke: async ({ body, origin, holder }) =>
      (await fleet.lockOut.revoke(body, origin, holder)).map(wireRevocation),
    unrevoke: async ({ body, origin }) =>
      (await fleet.lockOut.unrevoke(body.locked, origin)).map(wireRevocation),
    listRevoked: async () => (await fleet.lockOut.list()).map(wireKnownRevocation),
    retry: async ({ params, origin }) => fleet.commands.retry(params.id ?? "", origin),
    go: async ({ params, body, origin }) => fleet.commands.go(params.id ?? "", body.breakLock, origin),
    verify: async ({ params, origin }) => ({ verify: await fleet.commands.verify(params.id ?? "", origin) }),
    renewDevices: async ({ body: { ids }, origin }) => {
      const cannot = await fleet.commands.renew(ids, origin);
      return { devices: ids.length - cannot.length, cannot };
    },
    adoptState: async ({ body, origin }) => wireAdopted(await adoption.adopt(adoptRequest(body), origin)),
    reinstall: async ({ params, body, origin }) => {
      const { id, steps } = await fleet.commands.reinstall(params.id ?? "", body.app, origin);
      return { reinstall: id, steps: steps.map(wireStep), packets: packets.tagsOf(steps) };
    },
    tagDevice: async ({ params, body, origin }) => {
      const tagged = await tagging.tag({ id: params.id ?? "", ...body }, origin);
      return wireTagged(tagged, packets.tagsOf(tagged.impact.groups.flatMap(({ steps }) => steps)));
    },
    setDesiredState: async ({ params, body, origin }) => {
      const { apps, policy, message, revision: expected, rollout } = body;
      const request = { id: params.id ?? "", apps, policy, message, expected, rollout, ...origin };
      const change = await desired.set(request);
      return wireDesiredChange(change, packets.tagsOf(change.steps));
    },
    apply: async ({ body, origin }) => withTags(await desired.apply(applyRequest(body), origin), packets),
    revert: async ({ body, origin }) => {
      if (body.document) await history.requireTraces(body.document);
      return withTags(await desired.revert(revertRequest(body), origin), packets);
    },
    getImpact: async ({ query: { name = "", tags = "", remove }, holder }) => {
      if (remove !== undefined)
        return wirePacketImpact(await lookAhead.removal(digestParam({ digest: remove })));
      const impact = await lookAhead.addition(parseName(name), parseTagList(tags));
      // Who may send it is about to.
      if (holder.role === "operator") archives.expect();
      return wirePacketImpact(impact);
    },
  };
}

async function answerTo(
  ordered: Promise<Order | undefined>,
  line: CheckInLine | undefined,
  answered: Answered | undefined,
) {
  const order = await ordered;
  if (!order && answered) line?.answered(answered);
  return orderReply(order);
}

function numbered<W extends "bundle" | "delta", B extends object>(what: W, made: B | undefined) {
  return made && { format: FORMATS[what], ...made };
}

function withTags(applied: Applied, packets: Packets): Answer<wire.Applied> {
  return wireApplied(applied, packets.tagsOf(applied.impact.groups.flatMap(({ steps }) => steps)));
}

function digestParam({ digest = "" }: Readonly<Record<string, string>>): string {
  if (isDigest(digest)) return digest;
  throw new JamesError("REQUEST_INVALID", `${JSON.stringify(digest)} is not a digest`, {
    hint: "A digest is a SHA-256 in 64 lower-case hexadecimal digits.",
  });
}
