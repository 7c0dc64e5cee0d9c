import type { Catalogue } from "../packets/catalogue.ts";
import type { Repository } from "../repository/repository.ts";
import { Turns } from "../running/turns.ts";
import { RolloutAdmission } from "./admission.ts";
import { Certificates } from "./certificates.ts";
import { type CheckInParts, CheckIns } from "./check-ins.ts";
import { DeviceCommands } from "./device-commands.ts";
import { DeviceList } from "./device-list.ts";
import { Devices } from "./devices.ts";
import { FleetCensus } from "./fleet-census.ts";
import { Follower } from "./follower.ts";
import { Halts } from "./halts.ts";
import { HeldCheckIns } from "./held-check-ins.ts";
import type { Holding } from "./holding.ts";
import { ownersIn } from "./layer.ts";
import { LockOut } from "./lock-out.ts";
import { Locks } from "./locks.ts";
import { Needs } from "./needs.ts";
import { Orders } from "./orders.ts";
import { makePace, type PaceSettings } from "./pace.ts";
import type { Presence } from "./presence.ts";
import { readAtOnce, readSaid } from "./read-views.ts";
import { Replacing } from "./replacing.ts";
import { Reports } from "./reports.ts";
import { ScopeJudge } from "./scope-judge.ts";
import { Sessions } from "./sessions.ts";
import { Targets } from "./targets.ts";

/** What is known of the fleet, and what it should have. */
export interface KnownFleet {
  readonly devices: Devices;
  readonly targets: Targets;
  readonly presence: Presence;
  readonly locks: Locks;
}

/** What those work on who change what the fleet should have. */
export interface ChangingFleet extends KnownFleet {
  readonly follower: Follower;
  readonly commands: DeviceCommands;
  readonly scopes: ScopeJudge;
}

/**
 * A fleet in memory, so that an unchanged check-in costs no I/O; whatever must not be forgotten is in the repository before
 * anyone is told of it.
 */
export interface Fleet extends ChangingFleet {
  readonly checkIns: CheckIns;
  readonly list: DeviceList;
  readonly needs: Needs;
  readonly lockOut: LockOut;
  readonly certificates: Certificates;
  readonly replacing: Replacing;
  readonly holding: Holding;
  readonly census: FleetCensus;
  readonly admission: Pick<RolloutAdmission, "judged" | "untold" | "told">;
  /** A device has ended its last connection, and has so long to come back. */
  hungUp(id: string, comeBackMs: number): void;
  /** Writes down when devices were last seen, as far as it is only in memory. */
  flushSeen(): Promise<void>;
  /** Lets every held check-in go and writes what is only in memory. */
  close(): Promise<void>;
}

/** What a fleet is read from, and works with. */
export interface FleetParts extends Pick<CheckInParts, "now" | "warn">, PaceSettings {
  readonly catalogue: Catalogue;
  readonly repository: Repository;
  /** As of `Certificates`; left out: they are not. */
  readonly areRenewed?: boolean;
}

/** Reads a fleet from the repository; `now` in milliseconds since the epoch. */
export async function loadFleet({
  catalogue,
  repository,
  now,
  warn,
  areRenewed = false,
  ...pace
}: FleetParts): Promise<Fleet> {
  const { position, read: said } = await readAtOnce(repository.feed, () => readSaid(repository));
  const halts = new Halts(repository.revisions, await repository.revisions.historyKey());
  const targets = new Targets(catalogue, repository.packets, said.base);
  targets.become(targets.by(said.base, said.layers), said.rollouts);
  const seen: ConstructorParameters<typeof Sessions>[0] = {
    noteSeen: (all) => devices.noteSeen(all),
    heard: (id) => devices.news.tell(id),
  };
  const sessions = new Sessions(seen, now);
  const devices = new Devices(repository, targets, sessions);
  (await devices.read(targets.documents.revision, ownersIn(said.layers)))();
  const scopes = new ScopeJudge({ devices, targets, documents: repository.documents });
  const locks = new Locks(await repository.revocations.all());
  const certificates = new Certificates(locks, areRenewed);
  certificates.replace(await repository.certificates.pending(now()), now());
  const parts = { repository, devices, targets, sessions, locks, certificates, now };
  const follower = new Follower(parts, position);
  await follower.follow();
  const writes = new Turns();
  const held = new HeldCheckIns((id, session) => sessions.left(id, session));
  const paced = makePace(sessions, pace);
  const reports = new Reports({ repository, devices, targets, halts, now });
  const replacing = new Replacing({ store: repository.certificates, follower, certificates, writes });
  const admission = new RolloutAdmission({ targets, presence: sessions, sessions, now });
  const orders = new Orders({ sessions, targets, admission, now });
  const { seals } = halts;
  const { revisions } = repository;
  return {
    ...{ devices, targets, presence: sessions, follower, locks, scopes },
    lockOut: new LockOut({ repository, follower, locks, scopes }),
    commands: new DeviceCommands({
      ...{ devices, targets, presence: sessions, certificates, follower, repository, writes, scopes },
    }),
    ...{ certificates, replacing, admission, holding: paced.holding },
    checkIns: new CheckIns({
      ...{ now, devices, sessions, held, targets, orders, reports, seals, revisions, writes, warn },
      ...paced,
      ...{ replacing, admission },
    }),
    needs: new Needs({ devices, targets, sessions, documents: repository.documents }),
    census: new FleetCensus({ devices, presence: sessions, certificates, now }),
    list: new DeviceList({ devices, targets, presence: sessions, certificates, now }),
    hungUp: (id, comeBackMs) => sessions.hungUp(id, comeBackMs),
    flushSeen: () => sessions.flush(),
    close: async () => {
      await sessions.close(paced.drain);
      await held.looked();
    },
  };
}
