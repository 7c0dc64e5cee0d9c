import { randomUUID } from "node:crypto";
import { type Plan, REINSTALL, type Tag } from "@jamesd/model";
import type { DeviceRecord, Keep, Reinstall } from "../device/device-record.ts";
import {
  deviceAdopted,
  goWished,
  reinstallWished,
  renewWished,
  retryWished,
  verifyWished,
} from "../repository/make-event.ts";
import type { Origin } from "../repository/origin.ts";
import type { Repository } from "../repository/repository.ts";
import type { RevisionRequest } from "../repository/revision-store.ts";
import type { Turns } from "../running/turns.ts";
import type { Certificates } from "./certificates.ts";
import {
  canDrift,
  canRenew,
  failedTransaction,
  haltOf,
  hasAndShould,
  hasWork,
  type KnownDevice,
  wishedGo,
} from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Follower } from "./follower.ts";
import { lastCertificate } from "./last-certificate.ts";
import type { Presence } from "./presence.ts";
import {
  agentCannotReinstall,
  agentCannotVerify,
  goNotNeeded,
  notInstalled,
  renewalNotOffered,
  retryNotNeeded,
} from "./problem.ts";
import type { ScopeJudge } from "./scope-judge.ts";
import type { Targets } from "./targets.ts";

/** What an operator wants tried again. */
export interface Retry {
  /** Of the device. */
  readonly revision: number;
  /** Id of the failed transaction. */
  readonly transaction: string;
}

/** What commands to devices work on. */
export interface DeviceCommandParts {
  readonly devices: Devices;
  readonly follower: Follower;
  readonly targets: Targets;
  readonly presence: Pick<Presence, "certificate">;
  readonly certificates: Pick<Certificates, "areRenewed">;
  readonly repository: Pick<Repository, "devices">;
  /** Of all who write what is known of a device, by its id. */
  readonly writes: Turns;
  readonly scopes: Pick<ScopeJudge, "device" | "app">;
}

/** What operators want of single devices. Memory has followed before the answer. */
export class DeviceCommands {
  readonly #parts: DeviceCommandParts;

  constructor(parts: DeviceCommandParts) {
    this.#parts = parts;
  }

  /**
   * Has a device try again what failed, without waiting for its time.
   * @throws JamesError DEVICE_UNKNOWN, HISTORY_UNKNOWN, RETRY_NOT_NEEDED
   */
  async retry(id: string, origin: Origin): Promise<Retry> {
    return this.#write(id, origin, async (device) => {
      const { record, target } = device;
      const halt = haltOf(device);
      if (halt) throw halt;
      const failed = failedTransaction(device);
      // The wish that an app be installed again ended with its failure: nothing would be sent.
      const isOver = failed?.reinstall !== undefined && failed.outcome !== "stuck";
      if (!failed || !target || (isOver && target.digest === device.appsDigest)) throw retryNotNeeded(id);
      const saved = { ...record, retry: failed.id };
      await this.#parts.repository.devices.save([saved], [retryWished(id, failed.id, origin)]);
      return { revision: target.wanted.revision, transaction: failed.id };
    });
  }

  /**
   * Has a device begin with what it should have now: through its maintenance windows, and if so through the update lock. It ends
   * with that transaction, or when something else is wanted. @throws JamesError DEVICE_UNKNOWN, HISTORY_UNKNOWN, GO_NOT_NEEDED
   */
  async go(
    id: string,
    breakLock: boolean,
    origin: Origin,
  ): Promise<{ readonly revision: number; readonly go: string }> {
    return this.#write(id, origin, async (device) => {
      const { record, target } = device;
      const halt = haltOf(device);
      if (halt) throw halt;
      if (!target || !hasWork(device)) throw goNotNeeded(id);
      const { revision } = target.wanted;
      const before = wishedGo(device);
      if (before && before.breakLock === breakLock) return { revision, go: before.id };
      const go = { id: randomUUID(), target: target.digest, breakLock };
      await this.#parts.repository.devices.save([{ ...record, go }], [goWished(id, breakLock, origin)]);
      return { revision, go: go.id };
    });
  }

  /**
   * Has a device look at once whether all contents are what its packets have; while it has not answered one wish, another is the same.
   * @returns the id of the wish
   * @throws JamesError DEVICE_UNKNOWN, AGENT_TOO_OLD
   */
  async verify(id: string, origin: Origin): Promise<string> {
    return this.#write(id, origin, async ({ record }) => {
      if (!canDrift(record)) throw agentCannotVerify(id);
      if (record.verify !== null) return record.verify;
      const verify = randomUUID();
      await this.#parts.repository.devices.save([{ ...record, verify }], [verifyWished(id, verify, origin)]);
      return verify;
    });
  }

  /**
   * Has a device install an app again that it has; while it has not answered one wish, another for that app is the same.
   * @throws JamesError DEVICE_UNKNOWN, HISTORY_UNKNOWN, AGENT_TOO_OLD, APP_NOT_INSTALLED
   */
  async reinstall(id: string, app: string, origin: Origin): Promise<Reinstall & Pick<Plan, "steps">> {
    const { repository, targets, scopes } = this.#parts;
    const wish = await this.#write(id, origin, async (device) => {
      scopes.app(origin, app);
      const { record } = device;
      const halt = haltOf(device);
      if (halt) throw halt;
      if (!hasAndShould(device, app)) throw notInstalled(id, app);
      if (!record.features.includes(REINSTALL)) throw agentCannotReinstall(id);
      if (record.reinstall?.app === app) return record.reinstall;
      const reinstall = { id: randomUUID(), app };
      await repository.devices.save([{ ...record, reinstall }], [reinstallWished(id, reinstall, origin)]);
      return reinstall;
    });
    const device = await this.#parts.devices.known(id);
    return { ...wish, steps: device.target ? targets.steps(device, device.target) : [] };
  }

  /**
   * Has devices get other certificates now for those that they have, all that can or none of them; others are passed over.
   * @returns who cannot, as far as is known: its agent is too old for it, it has not checked in yet, or there is no such device
   * @throws JamesError SCOPE_EXCEEDED, RENEWAL_NOT_OFFERED
   */
  async renew(ids: readonly string[], origin: Origin): Promise<readonly string[]> {
    const { devices, presence, certificates, follower, repository, writes, scopes } = this.#parts;
    return writes.takeAll(ids, async () => {
      for (const id of ids) scopes.device(origin, id);
      // It would be a wish that nobody can ever fulfil.
      if (!certificates.areRenewed) throw renewalNotOffered();
      const wished = (await devices.getAll(ids)).flatMap((device) => {
        const { certSerial } = lastCertificate(device, presence);
        return certSerial !== null && canRenew(device.record)
          ? [{ ...device.record, renew: certSerial }]
          : [];
      });
      const events = wished.map(({ id, renew }) => renewWished(id, renew, origin));
      await repository.devices.save(wished, events);
      await follower.follow();
      const able = new Set(wished.map(({ id }) => id));
      return ids.filter((id) => !able.has(id));
    });
  }

  /**
   * An operator decided what devices are to have: those that are halted get that from now on, all or none of them. What
   * they said that they followed counts, though it is not of this history.
   */
  async release(ids: readonly string[], keep: Keep, origin: Origin): Promise<void> {
    const { devices, follower, repository, writes } = this.#parts;
    await writes.takeAll(ids, async () => {
      // Some may have been forgotten before their turn came.
      const halted = (await devices.getAll(ids)).filter((device) => haltOf(device) !== undefined);
      const events = halted.map(({ id }) => deviceAdopted(id, keep, origin));
      await repository.devices.save(
        halted.map(({ record }) => released(record, keep)),
        events,
      );
      await follower.follow();
    });
  }

  /** Has a device have these tags of the server, and no others. @throws JamesError DEVICE_UNKNOWN */
  async giveTags(id: string, tags: readonly Tag[], origin: Origin, judgedAt?: number): Promise<void> {
    await this.#write(id, origin, () => this.#parts.repository.devices.giveTags(id, tags, origin, judgedAt));
  }

  /** Forgets a device, and what it should have of its own: when it checks in again, it is a new one. @throws JamesError DEVICE_UNKNOWN */
  async remove(id: string, request: RevisionRequest, judgedAt?: number): Promise<void> {
    await this.#write(id, request, () => this.#parts.repository.devices.remove(id, request, judgedAt));
  }

  /** Writes while no report of the device is written; it may be forgotten before its turn comes. @throws JamesError DEVICE_UNKNOWN, SCOPE_EXCEEDED */
  #write<T>(id: string, origin: Origin, work: (device: KnownDevice) => Promise<T>): Promise<T> {
    const { devices, follower, writes, scopes } = this.#parts;
    return writes.take(id, async () => {
      const device = await devices.known(id);
      scopes.device(origin, id);
      const done = await work(device);
      await follower.follow();
      return done;
    });
  }
}

/** A record that counts from now on, as an operator decided. */
function released(record: DeviceRecord, keep: Keep): DeviceRecord {
  const { standing } = record;
  const isManaged = standing.isManaged || keep === "device";
  return { ...record, standing: { ...standing, accepted: standing.followed, halt: null, isManaged } };
}
