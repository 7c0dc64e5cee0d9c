import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type App,
  type InstalledApp,
  type JamesError,
  makePacket,
  type Packet,
  type Policy,
  sha256,
  stateDigest,
} from "@jamesd/model";
import { memoryFolder } from "@jamesd/testkit";
import { Adoption } from "../src/desired/adopt.ts";
import { Changes } from "../src/desired/changes.ts";
import { Desired } from "../src/desired/desired.ts";
import type { Order } from "../src/device/order.ts";
import type { Followed, Report, Transaction } from "../src/device/report.ts";
import { type Fleet, loadFleet } from "../src/fleet/fleet.ts";
import { Seals } from "../src/fleet/seals.ts";
import { Catalogue } from "../src/packets/catalogue.ts";
import type { Repository } from "../src/repository/repository.ts";
import { Shedding } from "../src/running/shedding.ts";
import { Turns } from "../src/running/turns.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";

/** An hour in milliseconds. */
export const LONG = 3_600_000;
/** An operator. */
export const ORIGIN = { author: "olga", address: "10.0.0.1", time: 5 };

/** A device that checks in. */
export function from(id: string) {
  return { ...ORIGIN, author: id };
}

/** How one waits who wants the answer at once. */
export function atOnce(signal = new AbortController().signal) {
  return { waitMs: 0, connection: 1, spendNews: () => undefined, signal };
}

/** What devices of a scene report unless told otherwise. */
export const TAGS = ["armv7l", "systemd"];

/** A fleet on a real repository, and a clock that stands until it is moved. */
export class Scene implements AsyncDisposable {
  readonly #dir: string;
  repository: Repository;
  catalogue: Catalogue;
  fleet: Fleet;
  desired: Desired;
  adoption: Adoption;
  /** What devices say that they followed: the newest revision when one reported last. */
  followed: Followed | undefined;
  /** Whether devices' certificates are renewed by themselves, from the next start on. */
  areRenewed = false;
  /** How many check-ins may be held, from the next start on. */
  maxHeld = Number.POSITIVE_INFINITY;
  /** What turns away who can come later, from the next start on. */
  shedding = new Shedding(() => 0, Math.random);
  /** What devices' agents can do. */
  features: string[] = ["a"];
  now = 1_000_000;
  /** Codes of what operators are warned of. */
  readonly warnings: string[] = [];

  private constructor(dir: string, repository: Repository, catalogue: Catalogue, fleet: Fleet) {
    this.#dir = dir;
    this.repository = repository;
    this.catalogue = catalogue;
    this.fleet = fleet;
    const changes = new Changes(fleet, repository, new Turns());
    this.desired = new Desired(changes);
    this.adoption = new Adoption(changes);
  }

  static async open(): Promise<Scene> {
    const dir = memoryFolder("jamesd-fleet-");
    const repository = await openSqliteRepository(join(dir, "jamesd.db"));
    const catalogue = new Catalogue([]);
    const scene = new Scene(
      dir,
      repository,
      catalogue,
      await loadFleet({ catalogue, repository, now: () => 0, warn: () => undefined }),
    );
    await scene.restart();
    return scene;
  }

  /** Closes everything and loads what was kept, as a new start of the server does. @param isKilled nothing is written down any more before */
  async restart(isKilled = false): Promise<void> {
    if (isKilled) await this.repository.close();
    await this.fleet.close().catch((thrown: unknown) => assert.ok(isKilled, `${thrown}`));
    if (!isKilled) await this.repository.close();
    this.repository = await openSqliteRepository(join(this.#dir, "jamesd.db"));
    this.catalogue = new Catalogue(await this.repository.packets.all());
    const warn = ({ code }: JamesError): void => void this.warnings.push(code);
    const { catalogue, repository, areRenewed, maxHeld, shedding } = this;
    this.fleet = await loadFleet({
      catalogue,
      repository,
      now: () => this.now,
      warn,
      areRenewed,
      maxHeld,
      shedding,
    });
    const changes = new Changes(this.fleet, this.repository, new Turns());
    this.desired = new Desired(changes);
    this.adoption = new Adoption(changes);
  }

  async upload(name: string, tags: readonly string[], path = `opt/${name}`, rights = {}): Promise<Packet> {
    const digest = sha256(`${name} ${tags}`);
    const file = { type: "file" as const, path, mode: 0o644, uid: 0, gid: 0, size: 1, digest, ...rights };
    const packet = makePacket({ name, tags, scripts: { prerm: { digest, size: 1 } }, manifest: [file] });
    await this.repository.packets.add(packet, ORIGIN);
    await this.fleet.follower.follow();
    return packet;
  }

  async remove(packet: Packet): Promise<void> {
    await this.repository.packets.remove(packet.digest, ORIGIN);
    await this.fleet.follower.follow();
  }

  /** Reports a state in full; nobody waits. */
  async report(
    id: string,
    apps: readonly InstalledApp[] = [],
    transaction?: Transaction,
    systemtags: readonly string[] = TAGS,
  ): Promise<Order | undefined> {
    const state = { systemtags: [...systemtags], apps: apps.map((app) => ({ ...app, tags: [...app.tags] })) };
    this.followed = await this.#newest();
    const checkin = {
      digest: stateDigest(state),
      state,
      ...(this.followed && { followed: this.followed }),
      agent: "jamesc 1",
      features: this.features,
      ...(transaction && { transaction }),
    };
    return this.fleet.checkIns.answer(from(id), checkin, atOnce());
  }

  /** Reports apps that came from elsewhere, and an operator lets that be. */
  async bring(
    id: string,
    apps: readonly InstalledApp[],
    systemtags: readonly string[] = TAGS,
  ): Promise<void> {
    await this.report(id, apps, undefined, systemtags);
    await this.adoption.adopt({ ids: [id], keep: "server", dryRun: false, message: "" }, ORIGIN);
  }

  /** Checks in with what was reported last, and is held. */
  hold(id: string, apps: readonly InstalledApp[] = [], deferred?: string, more: Partial<Report> = {}) {
    const gone = new AbortController();
    const digest = stateDigest({ systemtags: TAGS, apps });
    const { followed } = this;
    const checkin = { digest, ...(deferred && { deferred }), ...(followed && { followed }), ...more };
    const reply = this.fleet.checkIns.answer(from(id), checkin, { ...atOnce(gone.signal), waitMs: LONG });
    return { reply, gone };
  }

  /** Checks in with an empty state that was reported before, and more to say; nobody waits. */
  checkIn(id: string, more: Partial<Report>): Promise<Order | undefined> {
    const report = { digest: stateDigest({ systemtags: TAGS, apps: [] }), ...more };
    return this.fleet.checkIns.answer(from(id), report, atOnce());
  }

  wish(id: string, apps: readonly App[], expected?: number, policy: Policy = {}) {
    return this.desired.set({
      id,
      apps,
      expected,
      message: "",
      policy,
      ...ORIGIN,
    });
  }

  /** The apps of the desired state that a device has of its own; undefined: it has none. */
  async documents(id: string): Promise<readonly App[] | undefined> {
    return (await this.repository.documents.get({ kind: "device", id }))?.content.apps;
  }

  /** A device `d` that wants the first vpn and could not get it; gives what it reported. */
  async failed(outcome: Transaction["outcome"] = "rolled-back"): Promise<Transaction> {
    await this.upload("vpn", ["v1"]);
    await this.report("d");
    const { target } = await this.wish("d", [V1]);
    const transaction = { ...rolledBack(target), outcome };
    await this.report("d", [], transaction);
    return transaction;
  }

  async #newest(): Promise<Followed | undefined> {
    const revision = await this.repository.revisions.get(await this.repository.revisions.newest());
    const seals = new Seals(await this.repository.revisions.historyKey());
    return revision && { revision: revision.number, seal: seals.of(revision) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.close();
    await this.repository.close();
    await rm(this.#dir, { recursive: true });
  }
}

/** Two versions of an app. */
export const V1: App = { name: "vpn", tags: ["v1"] };
export const V2: App = { name: "vpn", tags: ["v2"] };

/** An app that is there as this packet. */
export function installed(app: App, packet: Packet): InstalledApp {
  return { ...app, digest: packet.digest };
}

/** A transaction that failed. */
export function rolledBack(target: string): Transaction {
  const times = { started: 1, durationMs: 2, attempt: 1 };
  const error = { code: "SCRIPT_FAILED", message: "preinst of vpn ended with 7" };
  return { id: "t1", target, revision: 1, outcome: "rolled-back", ...times, scripts: [], error };
}

/** What a promise has come to once everything that can run without it has run. */
export async function settled<T>(promise: Promise<T>): Promise<T | "held"> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  return Promise.race([promise, Promise.resolve("held" as const)]);
}
