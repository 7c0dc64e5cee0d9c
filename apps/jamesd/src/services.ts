import type { Logger } from "pino";
import { Recompression } from "./blobs/recompression.ts";
import type { Config } from "./config.ts";
import type { Data } from "./data/open-data.ts";
import { Deltas } from "./deltas/deltas.ts";
import { Adoption } from "./desired/adopt.ts";
import { AtOnce } from "./desired/at-once.ts";
import { Changes } from "./desired/changes.ts";
import { Desired } from "./desired/desired.ts";
import { FourEyes } from "./desired/four-eyes.ts";
import { History } from "./desired/history.ts";
import { LookAhead } from "./desired/look-ahead.ts";
import { PacketJudge } from "./desired/packet-judge.ts";
import { Tagging } from "./desired/tagging.ts";
import { DeviceReads } from "./fleet/device-reads.ts";
import { EventLog } from "./fleet/event-log.ts";
import { loadFleet } from "./fleet/fleet.ts";
import type { PaceSettings } from "./fleet/pace.ts";
import { population } from "./fleet/population.ts";
import { Summaries } from "./fleet/summaries.ts";
import { isToGet } from "./fleet/to-get.ts";
import type { Services } from "./http/handlers.ts";
import { Reads } from "./http/reads.ts";
import { PacketThreads } from "./ingest/packet-thread.ts";
import { ReadingAhead } from "./ingest/reading-ahead.ts";
import { Catalogue } from "./packets/catalogue.ts";
import type { IsToGet } from "./packets/made-blobs.ts";
import { MadeRoom } from "./packets/made-room.ts";
import { PacketContents } from "./packets/packet-contents.ts";
import { Packets } from "./packets/packets.ts";
import { PathSearch } from "./packets/path-search.ts";
import { WholeBundles } from "./packets/whole-bundles.ts";
import { type OpenedRollouts, openRollouts } from "./rollouts/open-rollouts.ts";
import { WavesOfDevices } from "./rollouts/waves-of-devices.ts";
import { Turns } from "./running/turns.ts";

/** A delta that takes longer is given up for good. */
const MAX_DELTA_MS = 10 * 60_000;

/** What routes work on, and what is to be closed beside it. */
type MadeServices = Omit<Services, "joining" | "dashboardUrl"> & {
  readonly rolling: OpenedRollouts;
};

/** Makes everything that routes work on. @throws JamesError STORE_CORRUPT */
export async function makeServices(
  config: Config,
  { stores, collect }: Data,
  pace: PaceSettings,
  log: Logger,
): Promise<MadeServices> {
  const { repository, blobs, uploads } = stores;
  const catalogue = new Catalogue(await repository.packets.all());
  const fleet = await loadFleet({
    ...{ catalogue, repository, now: Date.now, areRenewed: config.deviceCa !== undefined },
    ...{ ...pace, drainMs: config.drain },
    warn: (problem) => log.warn(problem.toBody(), "a device needs to be looked at"),
  });
  const turns = new Turns();
  const atOnce = new AtOnce(config.maxAtOnce);
  const fourEyes = new FourEyes(config.fourEyes);
  const changes = new Changes(fleet, repository, turns, { atOnce, fourEyes });
  const lookAhead = new LookAhead(fleet);
  const rolling = await openRollouts({
    ...{ fleet, changes, log, now: Date.now },
    population: (revision) => population(fleet, revision, Date.now()),
  });
  const ingest = ingestParts(config, { stores, collect }, log);
  const room = new MadeRoom({ made: repository.made, maxBytes: config.madeBlobs, now: Date.now, collect });
  const made = {
    ...{ catalogue, blobs, room, now: Date.now, made: repository.made, packets: repository.packets },
    isToGet: (async (id, packet, base) =>
      isToGet(await fleet.devices.get(id), fleet.presence.sent(id), packet, base)) satisfies IsToGet,
  };
  const deltas = new Deltas({
    ...made,
    limits: { maxMemory: config.deltaMemory, maxMs: MAX_DELTA_MS },
    failed: (err) => log.error({ err }, "making a delta failed"),
  });
  return {
    ...{ fleet, blobs, ...ingest, uploads, rolling, rollouts: rolling.rollouts },
    desired: new Desired(changes, (pairs) => deltas.ahead(pairs)),
    ...{ adoption: new Adoption(changes), tagging: new Tagging(changes) },
    history: new History(fleet, repository),
    lookAhead,
    wavesOfDevices: new WavesOfDevices({ fleet, rollouts: repository.rollouts, now: Date.now }),
    packets: new Packets({
      ...{ blobs, uploads, repository, catalogue, limits: config.limits, turns, ...ingest, collect },
      ...{ cache: fleet.targets.packets, users: fleet.needs, memory: fleet.follower, scopes: fleet.scopes },
      rules: new PacketJudge(changes, lookAhead),
      failed: (err) => log.warn({ err }, "what an upload left could not be removed"),
    }),
    paths: new PathSearch({ catalogue, packets: repository.packets, holders: fleet.list }),
    deltas,
    wholeBundles: new WholeBundles({
      ...made,
      failed: (err) => log.error({ err }, "making a whole bundle failed"),
    }),
    reads: new Reads(
      new DeviceReads({
        ...{ devices: fleet.devices, presence: fleet.presence, made: repository.made },
        contents: new PacketContents(fleet.targets.packets, catalogue),
      }),
      config.deviceReads,
    ),
    events: new EventLog(repository.events, fleet.devices),
    summaries: new Summaries(fleet.census, repository.revisions),
    maxHoldMs: config.maxHold,
  };
}

/** What makes packets of what is uploaded, and what compresses that afterwards. */
function ingestParts(config: Config, { stores: { blobs, uploads }, collect }: Data, log: Logger) {
  const failed = (err: unknown): void => log.error({ err }, "compressing a blob for devices failed");
  const threads = new PacketThreads(config.limits);
  const recompression = new Recompression({ blobs, failed });
  const archives = new ReadingAhead({
    ...{ uploads, blobs, limits: config.limits, threads, recompression, collect },
    failed: (err) => log.warn({ err }, "an archive could not be read while it came"),
  });
  return { threads, recompression, archives };
}
