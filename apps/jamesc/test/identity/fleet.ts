import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { makeLogger } from "@jamesd/config/log";
import { type ErrorCode, JamesError } from "@jamesd/model";
import {
  type Authority,
  issueCertificate,
  issueForRequest,
  makeAuthority,
  makeDeviceAuthority,
  makeSigningRequest,
  openAuthority,
  readSigningRequest,
} from "@jamesd/pki";
import { chooseIdentity, type IdentityPlaces } from "../../src/identity/choose.ts";
import { Proof } from "../../src/identity/proof.ts";
import { Renewal } from "../../src/identity/renewal.ts";
import { newKey } from "../../src/identity/saved-identity.ts";

const HOUR = 3_600_000;
export const DEVICE = "device-1";

/** A certificate that was issued, and what became of it. */
interface Issued {
  readonly pem: string;
  /** Fingerprint of its key. */
  readonly key: string;
  state: "issued" | "current" | "replaced";
}

/** What the server knows: certificates by serial number. */
type Known = ReadonlyMap<string, Issued>;

/**
 * What an agent meets of a server that issues certificates, over real TLS: the rules of docs/protocol.md alone, so that a
 * test can have it refuse, lose answers, and go back to what it knew at any moment.
 */
export class Fleet implements AsyncDisposable {
  /** Whether it renews. */
  offers = true;
  /** Whether it takes certificates that it has issued and not seen yet. */
  takesNew = true;
  /** Whether it hangs up on who comes with them, as in a handshake. */
  hangsUp = false;
  /** Whether it wants another certificate. */
  wants = false;
  /** Whether what is asked for waits. */
  waits = false;
  /** Whether it does what it is asked and the answer is lost. */
  losesAnswers = false;
  /** Serial numbers that came when another had taken their place. */
  readonly clones: string[] = [];
  /** Which paths were asked for. */
  readonly asked: string[] = [];
  readonly log: string[] = [];
  readonly #devices: Authority;
  readonly #ca: string;
  readonly #servers: readonly Server[];
  #known: Known = new Map();

  private constructor(devices: Authority, ca: string, tls: { cert: string; key: string }) {
    this.#devices = devices;
    this.#ca = ca;
    const who = { ...tls, ca: devices.certificate.toString("pem"), requestCert: true };
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void this.#answer(request, response);
    this.#servers = [true, false].map((rejectUnauthorized) =>
      createServer({ ...who, rejectUnauthorized }, answer),
    );
  }

  static async create(): Promise<Fleet> {
    const now = Date.now();
    const ca = await makeAuthority(now);
    const tls = await issueCertificate(await openAuthority(ca), { kind: "server", name: "jamesd" }, now);
    const fleet = new Fleet(await openAuthority(await makeDeviceAuthority(now)), ca.cert, tls);
    for (const server of fleet.#servers) await once(server.listen(0, "127.0.0.1"), "listening");
    return fleet;
  }

  /** Puts a first identity into a state directory, whose certificate began and ends so many hours from now. */
  async equip(stateDir: string, starts: number, ends: number): Promise<void> {
    const key = newKey();
    const certificate = await this.#issue(makeSigningRequest(DEVICE, createPrivateKey(key)), starts, ends);
    this.#known = new Map([...this.#known].map(([serial, one]) => [serial, { ...one, state: "current" }]));
    mkdirSync(stateDir, { recursive: true });
    const saved = { format: 1, certificate, key, authorities: this.#ca };
    writeFileSync(`${stateDir}/identity.json`, JSON.stringify(saved));
  }

  /** What an agent starts with in a state directory. */
  agent(stateDir: string): { readonly proof: Proof; readonly renewal: Renewal } {
    const places = placesIn(stateDir);
    const [address, enrollAddress] = this.#servers.map((server) => ({
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
    }));
    if (!address || !enrollAddress) throw new Error("it does not listen");
    const serverName = "jamesd";
    const proof = new Proof({ address, serverName, places, choice: chooseIdentity(places) });
    const log = makeLogger("info", (line) => void this.log.push(line), Date.now);
    return { proof, renewal: new Renewal({ proof, stateDir, enrollAddress, serverName, log }) };
  }

  /** What it knows now, to go back to. */
  get known(): Known {
    return new Map([...this.#known].map(([serial, one]) => [serial, { ...one }]));
  }

  set known(known: Known) {
    this.#known = new Map([...known].map(([serial, one]) => [serial, { ...one }]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  async #issue(request: string, starts: number, ends: number): Promise<string> {
    const read = readSigningRequest(request);
    const before = [...this.#known.values()].find(({ key }) => key === read.fingerprint);
    if (before) return before.pem;
    const now = Date.now();
    const period = { starts: now + starts * HOUR, ends: now + ends * HOUR };
    const pem = await issueForRequest(this.#devices, read, period);
    const serial = new X509Certificate(pem).serialNumber;
    this.#known = new Map([...this.#known, [serial, { pem, key: read.fingerprint, state: "issued" }]]);
    return pem;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = "", socket } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.asked.push(url);
    const serial = (socket as TLSSocket).getPeerX509Certificate()?.serialNumber ?? "";
    if (this.hangsUp && this.#known.get(serial)?.state === "issued") return void socket.destroy();
    try {
      if (url === "/v1/ping") this.#seen(serial);
      if (url === "/v1/ping" && !this.losesAnswers) return void response.writeHead(204).end();
      const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
      const reply = await (url === "/v1/checkin" ? this.#checkIn(serial) : this.#renew(serial, body.request));
      if (this.losesAnswers) socket.destroy();
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
    } catch (thrown) {
      const status = { RENEWAL_NOT_OFFERED: 409 }[JamesError.from(thrown).code as string] ?? 401;
      response.writeHead(status).end(JSON.stringify(JamesError.from(thrown).toBody()));
    }
  }

  async #checkIn(serial: string): Promise<object> {
    const one = this.#seen(serial, true);
    if (one.state === "issued" && !this.takesNew) throw refusal("CERTIFICATE_REFUSED");
    if (one.state === "issued") for (const other of this.#known.values()) other.state = "replaced";
    one.state = "current";
    return this.wants ? { renew: true } : {};
  }

  async #renew(serial: string, request: string): Promise<object> {
    this.#seen(serial, true);
    if (!this.offers) throw refusal("RENEWAL_NOT_OFFERED");
    const { fingerprint } = readSigningRequest(request);
    if (this.waits) return { state: "waiting", fingerprint, retryInMs: 1 };
    return { certificate: await this.#issue(request, -1, 9), authorities: this.#ca, device: DEVICE };
  }

  #seen(serial: string, isOfOneMachine = false): Issued {
    const one = this.#known.get(serial);
    if (!one) throw refusal("CERTIFICATE_REFUSED");
    if (one.state !== "replaced") return one;
    if (isOfOneMachine) this.clones.push(serial);
    throw refusal("CERTIFICATE_REVOKED");
  }
}

function refusal(code: ErrorCode): JamesError {
  return new JamesError(code, "refused");
}

/** Where a device has its identities that nobody has put files for. */
export function placesIn(stateDir: string): IdentityPlaces {
  const nowhere = `${stateDir}/nowhere`;
  return { stateDir, paths: { ca: nowhere, cert: nowhere, key: nowhere } };
}
