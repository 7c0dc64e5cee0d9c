import type { AddressInfo } from "node:net";
import { JamesError } from "@jamesd/model";
import {
  type Credentials,
  checkCredentials,
  exposedKey,
  lacksAuthority,
  loadCredentials,
} from "@jamesd/pki/credentials";
import { parseAddress } from "@jamesd/protocol";
import type { Logger } from "pino";
import type { Collected } from "./blobs/blob-store.ts";
import { Catalogue } from "./catalogue.ts";
import type { Config } from "./config.ts";
import { lockData } from "./data-lock.ts";
import { Deltas } from "./deltas/deltas.ts";
import { Adoption } from "./desired/adopt.ts";
import { Desired } from "./desired/desired.ts";
import { History } from "./desired/history.ts";
import { LookAhead } from "./desired/look-ahead.ts";
import { EventLog } from "./event-log.ts";
import { Fleet } from "./fleet/fleet.ts";
import { answerCollect } from "./gc.ts";
import { makeApp, tlsOptions } from "./http/app.ts";
import { BODIES, Bodies } from "./http/bodies.ts";
import { Clients } from "./http/clients.ts";
import { connectionLimits } from "./http/connection-limits.ts";
import { DEADLINES, type Deadlines } from "./http/deadlines.ts";
import { descriptorLimit } from "./http/descriptors.ts";
import { DownloadSlots } from "./http/download-slots.ts";
import { makeHandlers } from "./http/handlers.ts";
import { Identities } from "./http/identity.ts";
import { REFUSAL_LINES, Refusals } from "./http/refusals.ts";
import { ReplyMemory } from "./http/reply-memory.ts";
import { REPORTS, WorkBudget } from "./http/work-budget.ts";
import { MadeRoom } from "./made-room.ts";
import { Opened } from "./opened.ts";
import { Packets } from "./packets.ts";
import { repeat } from "./repeat.ts";
import type { Repository } from "./repository/repository.ts";
import { openStores, type Stores } from "./stores.ts";
import { Turns } from "./turns.ts";
import { VERSION } from "./version.ts";
import { WholeBundles } from "./whole-bundles.ts";

/** A delta that takes longer is given up for good. */
const MAX_DELTA_MS = 10 * 60_000;

/** A server that is started anew every day collects as well, but not while the fleet comes back. */
const FIRST_COLLECTION_MS = 10 * 60_000;

/** Events that are too old are looked for at the start, and so often. */
const EXPIRE_EVERY_MS = 60 * 60_000;

/** A download waits so long for its turn: less than any client, or proxy in between, waits for an answer. */
const LONGEST_WAIT_MS = 5000;

/** So many bytes of long answers wait for their readers. */
const REPLY_BYTES = 256 * 1024 * 1024;

/** A server that answers. */
export interface RunningServer {
  readonly address: AddressInfo;
  /** Reads the certificates and the key again; connections that are open stay. @throws JamesError as `loadCredentials`; then those from before are used on */
  reload(): void;
  /** Lets held check-ins go, waits for what is under way, closes the stores. */
  close(): Promise<void>;
}

/** Opens the stores and listens. @throws JamesError when a file or the address is not to be had; then nothing runs */
export async function startServer(
  config: Config,
  log: Logger,
  deadlines: Deadlines = DEADLINES,
): Promise<RunningServer> {
  const opened = new Opened();
  try {
    const listening = await openServer(config, log, deadlines, opened);
    return { ...listening, close: () => opened.close() };
  } catch (thrown) {
    // It is the reason for whatever fails now.
    await opened.close().catch((err: unknown) => log.error({ err }, "closing failed"));
    throw thrown;
  }
}

/** @param opened gets whatever has to be closed, also when this throws */
async function openServer(
  config: Config,
  log: Logger,
  deadlines: Deadlines,
  opened: Opened,
): Promise<Omit<RunningServer, "close">> {
  const address = parseAddress(config.addr);
  let credentials = readCredentials(config, log);
  const answer = (question: string): Promise<string> =>
    answerCollect(question, () => collectAndLog(stores, log));
  const lock = await lockData(config.data, answer);
  opened.add(() => lock.release());
  const stores = await openStores(config.data, config.limits.bytes);
  opened.add(() => stores.close());
  const { repository, blobs, uploads } = stores;
  opened.add(collectEvery(config.gcEvery, () => collectAndLog(stores, log)));
  const catalogue = new Catalogue(await repository.packets());
  const fleet = await Fleet.load(catalogue, repository, Date.now);
  const turns = new Turns();
  const packets = new Packets({
    ...{ blobs, uploads, repository, catalogue, fleet, limits: config.limits, turns },
    failed: (err) => log.warn({ err }, "an uploaded archive could not be removed"),
  });
  const room = new MadeRoom({
    repository,
    maxBytes: config.madeBlobs,
    now: Date.now,
    collect: () => collectAndLog(stores, log),
  });
  const made = { catalogue, repository, blobs, room, members: fleet.members, now: Date.now };
  const deltas = new Deltas({
    ...made,
    limits: { maxMemory: config.deltaMemory, maxMs: MAX_DELTA_MS },
    failed: (err) => log.error({ err }, "making a delta failed"),
  });
  const wholeBundles = new WholeBundles({
    ...made,
    failed: (err) => log.error({ err }, "making a whole bundle failed"),
  });
  const events = new EventLog(repository, fleet.members);
  opened.add(expireEvery(config.keepEvents, repository, log));
  const handlers = makeHandlers({
    fleet,
    desired: new Desired(fleet, repository, turns),
    adoption: new Adoption(fleet, repository, turns),
    history: new History(fleet, repository),
    lookAhead: new LookAhead(fleet),
    packets,
    blobs,
    deltas,
    wholeBundles,
    uploads,
    events,
    maxHoldMs: config.maxHold,
  });
  const limits = connectionLimits(descriptorLimit());
  const refusals = new Refusals(log, REFUSAL_LINES);
  const app = makeApp({
    tls: credentials,
    handlers,
    identities: new Identities(config, Date.now),
    downloads: new DownloadSlots({
      most: config.maxDownloads,
      waitMs: LONGEST_WAIT_MS,
      random: Math.random,
    }),
    memory: new ReplyMemory(REPLY_BYTES, Math.random),
    bodies: new Bodies({ ...BODIES, longestMs: deadlines.body, random: Math.random }),
    deadlines,
    limits,
    clients: new Clients(limits.client, (name, { remoteAddress }) =>
      refusals.note({
        from: remoteAddress,
        name,
        reason: "it has too many connections; the oldest is ended",
      }),
    ),
    refusals,
    looks: new Turns(),
    reports: new WorkBudget({ ...REPORTS, now: () => performance.now() }),
    log,
    now: Date.now,
    version: VERSION,
  });
  opened.add(() => app.close());
  // These let go whoever is held, which the end of the connections would wait for.
  opened.add(() => wholeBundles.close());
  opened.add(() => deltas.close());
  opened.add(() => fleet.close());
  opened.add(() => events.close());
  try {
    await app.listen({ host: address.host || "::", port: address.port });
  } catch (cause) {
    throw listenError(cause, config.addr);
  }
  const reload = (): void => {
    const before = credentials;
    credentials = readCredentials(config, log);
    app.server.setSecureContext(tlsOptions(credentials));
    // A connection outlives the handshake that proved who is there: with an authority go all whom it may have vouched for.
    if (lacksAuthority(credentials, before)) app.server.closeAllConnections();
  };
  return { address: app.server.address() as AddressInfo, reload };
}

function readCredentials(config: Config, log: Logger): Credentials {
  const credentials = loadCredentials(config);
  const problem = checkCredentials(credentials, Date.now(), "server");
  if (problem) throw problem;
  const warning = exposedKey(config);
  if (warning !== undefined) log.warn(warning);
  return credentials;
}

async function collectAndLog(stores: Stores, log: Logger): Promise<Collected> {
  try {
    const collected = await stores.collect();
    log.info(collected, "collected blobs that no packet needs");
    return collected;
  } catch (err) {
    log.error({ err }, "collecting blobs failed");
    throw err;
  }
}

function collectEvery(pauseMs: number, collect: () => Promise<unknown>): () => void {
  if (pauseMs === 0) return () => undefined;
  return repeat({ firstMs: Math.min(pauseMs, FIRST_COLLECTION_MS), pauseMs }, collect);
}

/** Deletes events that are older than `keepMs`; 0: none. @returns what stops it */
function expireEvery(keepMs: number, repository: Repository, log: Logger): () => void {
  if (keepMs === 0) return () => undefined;
  return repeat({ firstMs: 0, pauseMs: EXPIRE_EVERY_MS }, async () => {
    try {
      const events = await repository.expireEvents(Date.now() - keepMs);
      if (events > 0) log.info({ events }, "deleted old events");
    } catch (err) {
      log.error({ err }, "deleting old events failed");
    }
  });
}

function listenError(cause: unknown, address: string): JamesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const hint =
    code === "EADDRINUSE"
      ? "Another program listens there; stop it or choose another --addr."
      : "Choose another --addr.";
  return new JamesError("ADDRESS_IN_USE", `cannot listen on ${address}: ${message}`, { hint, cause });
}
