import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { writeArchive } from "@jamesd/archive/write";
import { type Entry, sha256 } from "@jamesd/model";
import type { EventKind, Rollout, RolloutPlan, ShownEvent } from "@jamesd/protocol";
import { Client, isKnownEvent, WIRE } from "@jamesd/protocol/operator";
import type { Credentials, Endpoint } from "./connection.ts";
import { randomFor } from "./random.ts";
import type { Done } from "./tally.ts";

/** The app that simulated fleets have. */
const APP = "simulated";
const SPEC = "simulated-fleet";
const PAGE = 1000;

/** Who says what a simulated fleet is to have. */
export class Operator {
  readonly #client: Client;

  constructor({ host, port, serverName, ca }: Endpoint, credentials: Credentials) {
    this.#client = new Client({ wire: WIRE, address: { host, port }, serverName, ca, ...credentials });
  }

  /** Makes a packet of so many bytes, one version of the app, with scripts. */
  async addVersion(version: number, bytes: number): Promise<void> {
    const archive = await archiveOf(version, bytes);
    const upload = sha256(archive);
    const query = { offset: "0" };
    await this.#client.upload("putUpload", Readable.from([archive]), { params: { digest: upload }, query });
    const script = (name: string): string =>
      Buffer.from(`#!/bin/sh\n# ${name} of ${version}\n`).toString("base64");
    const scripts = { preinst: script("preinst"), postinst: script("postinst"), prerm: script("prerm") };
    await this.#client.call("addPacket", { body: { name: APP, tags: [tagOf(version)], upload, scripts } });
  }

  /** Wants a version on all devices. @returns the revision */
  want(version: number): Promise<number> {
    return this.#apply(version);
  }

  /** Has a version spread in waves. @returns the revision, which is the rollout's */
  spread(version: number, plan: RolloutPlan): Promise<number> {
    return this.#apply(version, { plan });
  }

  /** How far a rollout is. */
  rollout(revision: number): Promise<Rollout> {
    return this.#client.call("getRollout", { params: { revision: `${revision}` } });
  }

  async #apply(version: number, rollout?: { readonly plan: RolloutPlan }): Promise<number> {
    const apps = [{ name: APP, tags: [tagOf(version)] }];
    const document = { kind: "spec" as const, id: SPEC, selector: [], apps, policy: {} };
    const body = { documents: [document], ...(rollout && { rollout }) };
    const { revision } = await this.#client.call("apply", { body });
    return revision ?? 0;
  }

  /** What the server's log says of transactions, oldest first, each as often as it is told. */
  async transactions(): Promise<readonly Done[]> {
    const events = await this.#events("transaction");
    return events.flatMap((event) => {
      if (!isKnownEvent(event) || event.kind !== "transaction") return [];
      const { id, revision, outcome } = event.transaction;
      return [{ device: event.device, id, revision, outcome }];
    });
  }

  /** The devices of which the log says that two machines have their certificate. */
  async doubled(): Promise<readonly string[]> {
    const events = await this.#events("device-doubled");
    return events.flatMap((event) =>
      isKnownEvent(event) && event.kind === "device-doubled" ? [event.device] : [],
    );
  }

  /** How many devices the server says are connected. */
  async connected(): Promise<number> {
    let count = 0;
    for (let after = ""; ; ) {
      const query = { connected: "true", limit: String(PAGE), ...(after !== "" && { after }) };
      const page = await this.#client.call("listDevices", { query });
      count += page.length;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return count;
      after = last.id;
    }
  }

  /** Milliseconds that a small question takes now. */
  async askMs(): Promise<number> {
    const started = performance.now();
    await this.#client.call("about");
    return performance.now() - started;
  }

  close(): void {
    this.#client.close();
  }

  async #events(kind: EventKind): Promise<readonly ShownEvent[]> {
    const events: ShownEvent[] = [];
    for (let after = 0; ; ) {
      const query = { kinds: kind, after: String(after), limit: String(PAGE) };
      const page = await this.#client.call("listEvents", { query });
      events.push(...page);
      const last = page.at(-1);
      if (!last) return events;
      after = last.sequence;
    }
  }
}

function tagOf(version: number): string {
  return `v${version}`;
}

/** Two small files and a large one, of bytes that do not compress. */
function archiveOf(version: number, bytes: number): Promise<Buffer> {
  const random = randomFor("content", version);
  const contents = new Map(
    [bytes, 100, 10].map((size, i) => [
      `opt/simulated/${i}`,
      Buffer.from(Array.from({ length: size }, () => random() * 256)),
    ]),
  );
  const owner = { uid: 0, gid: 0 };
  const files = [...contents].map(
    ([path, content]): Entry => ({
      ...{ type: "file", path, mode: 0o644, ...owner },
      ...{ size: content.length, digest: sha256(content) },
    }),
  );
  const byDigest = new Map([...contents.values()].map((content) => [sha256(content), content]));
  return buffer(writeArchive(files, (digest) => Readable.from([byDigest.get(digest)])));
}
