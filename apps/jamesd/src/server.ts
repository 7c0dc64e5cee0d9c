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
import type { Config } from "./config.ts";
import { lockData } from "./data/data-lock.ts";
import { answerCollect } from "./data/gc.ts";
import { openStores, type Stores } from "./data/stores.ts";
import { makeApp, tlsOptions } from "./http/app.ts";
import { makeBounds } from "./http/bounds.ts";
import { DEADLINES, type Deadlines } from "./http/deadlines.ts";
import { makeHandlers } from "./http/handlers.ts";
import { Identities } from "./http/identity.ts";
import type { Repository } from "./repository/repository.ts";
import { Opened } from "./running/opened.ts";
import { repeat } from "./running/repeat.ts";
import { makeServices } from "./services.ts";
import { VERSION } from "./version.ts";

/** A server that is started anew every day collects as well, but not while the fleet comes back. */
const FIRST_COLLECTION_MS = 10 * 60_000;

/** Events that are too old are looked for at the start, and so often. */
const EXPIRE_EVERY_MS = 60 * 60_000;

/** A server that answers. */
export interface RunningServer {
  readonly address: AddressInfo;
  /** Reads the certificates and the key again; connections that are open stay, unless an authority is gone. @throws JamesError as `loadCredentials`; then those from before are used on */
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
  const collect = (): Promise<Collected> => collectAndLog(stores, log);
  opened.add(collectEvery(config.gcEvery, collect));
  const services = await makeServices(config, stores, log, collect);
  opened.add(expireEvery(config.keepEvents, stores.repository, log));
  const app = makeApp({
    ...makeBounds(config.maxDownloads, deadlines, log),
    tls: credentials,
    handlers: makeHandlers(services),
    identities: new Identities(config, Date.now),
    deadlines,
    log,
    now: Date.now,
    version: VERSION,
  });
  opened.add(() => app.close());
  // These let go whoever is held, which the end of the connections would wait for.
  opened.add(() => services.wholeBundles.close());
  opened.add(() => services.deltas.close());
  opened.add(() => services.fleet.close());
  opened.add(() => services.events.close());
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
      const events = await repository.events.expire(Date.now() - keepMs);
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
