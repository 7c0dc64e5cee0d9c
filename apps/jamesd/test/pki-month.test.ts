import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { RENEWAL, stateDigest } from "@jamesd/model";
import { certificateId } from "@jamesd/pki/certificate-id";
import { isIssuedByAny } from "@jamesd/pki/vouching";
import { IS_WHOLE, memoryFolder, sweepTest } from "@jamesd/testkit";
import type { Report } from "../src/device/report.ts";
import { Renewals } from "../src/enrollment/renewals.ts";
import { type Fleet, loadFleet } from "../src/fleet/fleet.ts";
import { parseFilter } from "../src/http/device-query.ts";
import { Catalogue } from "../src/packets/catalogue.ts";
import type { Repository } from "../src/repository/repository.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";
import { ask, IssuingAuthority, pkitool } from "./issuing-authority.ts";
import { allEvents } from "./repository/repository-events.contract.ts";
import { atOnce, from, ORIGIN } from "./scene.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 1);
/** In a sample fewer: what costs are some ten thousand certificates. */
const DEVICES = IS_WHOLE ? 200 : 16;
/** So often each device does something. */
const STEP = 4 * HOUR;
const OUTAGE = { begins: 9 * DAY, ends: 12 * DAY } as const;
const [COPIED, LOCKED, ROTATED, DROPPED, END] = [3 * DAY, 5 * DAY, 16 * DAY, 19 * DAY, 30 * DAY];
const ADMIN = { role: "operator" as const, name: "olga", certificate: { serial: "1", issuer: "x" } };
const STATE = { systemtags: ["arm"], apps: [] };

/** Numbers from 0 to under 1, the same at each run. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The server, with a clock that is set. */
class Server implements AsyncDisposable {
  readonly #dir = memoryFolder("jamesd-month-");
  readonly authority = new IssuingAuthority(DAY);
  now = START;
  /** Who had to wait for an operator. */
  readonly waiting = new Set<string>();
  /** By whom a certificate was issued, as it was verified once. */
  readonly #verified = new Map<X509Certificate, X509Certificate>();
  readonly pki: Awaited<ReturnType<typeof pkitool>>;
  #repository: Repository | undefined;
  #fleet: Fleet | undefined;
  #renewals: Renewals | undefined;

  private constructor(pki: Server["pki"]) {
    this.pki = pki;
  }

  static async open(): Promise<Server> {
    const server = new Server(await pkitool(START));
    await server.authority.rotate(START);
    server.#repository = await openSqliteRepository(join(server.#dir, "jamesd.db"));
    await server.restart();
    return server;
  }

  get repository(): Repository {
    assert.ok(this.#repository);
    return this.#repository;
  }

  get fleet(): Fleet {
    assert.ok(this.#fleet);
    return this.#fleet;
  }

  /** What was in memory only is gone. */
  async restart(): Promise<void> {
    const { repository, authority, pki } = this;
    await this.#fleet?.close();
    const fleet = await loadFleet({
      ...{ catalogue: new Catalogue([]), repository },
      now: () => this.now,
      warn: () => undefined,
      areRenewed: true,
    });
    const { devices, presence, follower, locks, replacing } = fleet;
    this.#fleet = fleet;
    this.#renewals = new Renewals({
      ...{ authority, store: repository.certificates, devices, presence, follower, locks, replacing },
      renewExpiredMs: 10 * DAY,
      roles: {
        ...{ operators: [], viewers: [] },
        get authorities() {
          return { devices: authority.certificates, others: [pki.root] };
        },
      },
      queue: async ({ request: { fingerprint } }, { author }) => {
        this.waiting.add(author);
        return { state: "waiting", fingerprint, retryInMs: 1 };
      },
    });
  }

  /** True when a handshake, and the look at each request, let somebody in. */
  letsIn(name: string, shown: X509Certificate): boolean {
    const isValid = Date.parse(shown.validFrom) <= this.now && this.now <= Date.parse(shown.validTo);
    return (
      isValid &&
      this.#isOurs(shown) &&
      !this.fleet.locks.keepsOut({ name, role: "device", certificate: certificateId(shown) })
    );
  }

  #isOurs(shown: X509Certificate): boolean {
    const all = [...this.authority.certificates, this.pki.root];
    const issuer = this.#verified.get(shown) ?? all.find((one) => isIssuedByAny(shown, [one]));
    if (issuer) this.#verified.set(shown, issuer);
    return issuer !== undefined && all.includes(issuer);
  }

  async checkIn(name: string, shown: X509Certificate, more: Partial<Report> = {}): Promise<boolean> {
    const about = { certEnds: Date.parse(shown.validTo), certIssuer: shown.issuer };
    const report = { digest: stateDigest(STATE), ...about, certificate: certificateId(shown), ...more };
    const order = await this.fleet.checkIns.answer(from(name), report, atOnce());
    return order !== undefined && "renew" in order;
  }

  /** A later certificate, at the one address or at the other; undefined: it is to wait. @throws JamesError */
  async renew(name: string, shown: X509Certificate, pem: string): Promise<X509Certificate | undefined> {
    assert.ok(this.#renewals);
    const origin = { ...from(name), time: this.now };
    const answer = this.letsIn(name, shown)
      ? await this.#renewals.renew(pem, shown, origin)
      : await this.#renewals.renewEnded(pem, shown, { address: ORIGIN.address, time: this.now });
    return answer.state === "issued" ? new X509Certificate(answer.certificate) : undefined;
  }

  /** A new authority signs, beside the one before; whoever has a certificate of that is to renew it. @returns how many are */
  async rotate(): Promise<number> {
    const issuer = this.authority.certificates.at(-1)?.subject.replace("CN=", "");
    await this.authority.rotate(this.now);
    const listed = await this.fleet.list.page(parseFilter({ issuer, limit: "1000" }));
    const ids = listed.map(({ id }) => id);
    await this.fleet.commands.renew(ids, ORIGIN);
    return ids.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet.close();
    await this.repository.close();
    rmSync(this.#dir, { recursive: true });
  }
}

/** An agent: it has a certificate, and perhaps a request under way whose answer was lost. */
class Agent {
  readonly name: string;
  readonly #random: () => number;
  card: X509Certificate;
  seen = 0;
  #asked: string | undefined;
  #isToRenew = false;

  constructor(name: string, card: X509Certificate, random: () => number) {
    this.name = name;
    this.card = card;
    this.#random = random;
  }

  /** What an agent does in some hours, whatever it is answered. */
  async act(server: Server): Promise<void> {
    const { card } = this;
    // It tries again as long as nothing comes back.
    for (let tries = 0; tries < 4 && this.card === card && this.#isDue(server.now); tries += 1)
      await this.#renew(server).catch(() => undefined);
    if (!server.letsIn(this.name, this.card)) return;
    this.#isToRenew = await server.checkIn(this.name, this.card);
    this.seen = server.now;
  }

  #isDue(now: number): boolean {
    const [starts, ends] = [Date.parse(this.card.validFrom), Date.parse(this.card.validTo)];
    return this.#isToRenew || now >= starts + (ends - starts) * (0.57 + 0.2 * this.#random());
  }

  async #renew(server: Server): Promise<void> {
    this.#asked ??= ask(this.name).pem;
    const next = await server.renew(this.name, this.card, this.#asked);
    const fate = this.#random();
    // The answer was lost.
    if (!next || fate < 0.1) return;
    this.#asked = undefined;
    // Or its key as well.
    if (fate >= 0.15) this.card = next;
  }
}

sweepTest(
  "a month of a PKI: certificates of a day, an outage, a rotated CA; nobody is lost, and nobody in who was locked out",
  {},
  async (t) => {
    await using server = await Server.open();
    // What is done once an hour, whatever the wall clock says, has its month as well.
    t.mock.method(performance, "now", () => server.now);
    const random = randoms(7);
    const agents: Agent[] = [];
    for (let i = 0; i < DEVICES; i += 1) {
      const name = `d${i}`;
      const agent = new Agent(name, await server.pki.device(name, 1), random);
      const about = { state: STATE, agent: "jamesc", features: [RENEWAL] };
      await server.checkIn(name, agent.card, about);
      agents.push(agent);
    }
    const locked = new Set<Agent>();
    let thief: Agent | undefined;
    for (let at = STEP; at <= END; at += STEP) {
      server.now = START + at;
      if (at >= OUTAGE.begins && at < OUTAGE.ends) continue;
      if (at === OUTAGE.ends) await server.restart();
      if (at === COPIED) thief = copyOf(agents[7], random);
      if (at === LOCKED) for (const agent of await lockOut(server, agents.slice(0, 5))) locked.add(agent);
      if (at === ROTATED) assert.ok((await server.rotate()) > DEVICES / 2);
      if (at === DROPPED) server.authority.dropOld();
      for (const agent of agents) {
        await agent.act(server);
        assert.equal(agent.seen === server.now, !locked.has(agent), `${agent.name} on day ${at / DAY}`);
      }
      await thief?.act(server);
    }
    assert.ok(thief);
    await judge(server, thief, agents, locked);
  },
);

/** Somebody who has a copy of a device's card, as it is now. */
function copyOf(agent: Agent | undefined, random: () => number): Agent {
  assert.ok(agent);
  return new Agent(agent.name, agent.card, random);
}

/** Locks out devices, each in one of the ways. */
async function lockOut({ fleet }: Server, agents: readonly Agent[]): Promise<readonly Agent[]> {
  for (const [i, { name, card }] of agents.entries()) {
    const one = { kind: "certificate" as const, ...certificateId(card), issuer: null };
    const locked = i % 2 === 0 ? { kind: "name" as const, name } : one;
    await fleet.lockOut.revoke({ locked, reason: "stolen" }, ORIGIN, ADMIN);
  }
  return agents;
}

async function judge(
  { fleet, repository, authority, waiting }: Server,
  thief: Agent,
  agents: readonly Agent[],
  locked: ReadonlySet<Agent>,
): Promise<void> {
  const [newest, ...others] = authority.certificates;
  assert.ok(newest && others.length === 0);
  for (const agent of agents)
    assert.equal(agent.card.verify(newest.publicKey), !locked.has(agent), agent.name);
  // The copy, when nothing is known any more of what it was: nobody else needs an operator.
  assert.deepEqual([...waiting], [thief.name]);
  const events = await allEvents(repository);
  const cloned = events.filter((event) => event.kind === "certificate-cloned");
  assert.deepEqual([...new Set(cloned.map(({ device }) => device))], [thief.name]);
  assert.ok(thief.seen < START + COPIED + DAY, "the copy was good until the device had another one");
  // What has ended is forgotten.
  assert.ok(fleet.locks.outdated < 3 * DEVICES + 1024, String(fleet.locks.outdated));
  for (const { name } of agents) assert.ok((await repository.certificates.ofDevice(name)).length < 40);
}
