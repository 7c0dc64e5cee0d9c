import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { JamesError } from "@jamesd/model";
import { checkCredentials, loadCredentials } from "@jamesd/pki/credentials";
import { parseAddress } from "@jamesd/protocol";
import type { Logger } from "pino";
import { openFolderBlobStore } from "./blobs/folder.ts";
import { Catalogue } from "./catalogue.ts";
import type { Config } from "./config.ts";
import { Fleet } from "./fleet/fleet.ts";
import { makeApp } from "./http/app.ts";
import { makeHandlers } from "./http/handlers.ts";
import { Identities } from "./http/identity.ts";
import { openUploads } from "./ingest/uploads.ts";
import { Packets } from "./packets.ts";
import { openSqliteRepository } from "./repository/sqlite.ts";
import { VERSION } from "./version.ts";

/** A server that answers. */
export interface RunningServer {
  readonly address: AddressInfo;
  /** Lets held check-ins go, waits for what is under way, closes the stores. */
  close(): Promise<void>;
}

/** Opens the stores and listens. @throws JamesError when a file or the address is not to be had; then nothing runs */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const address = parseAddress(config.addr);
  const credentials = loadCredentials(config);
  const problem = checkCredentials(credentials, Date.now(), "server");
  if (problem) throw problem;
  makeDataFolder(config.data);
  const repository = await openSqliteRepository(join(config.data, "jamesd.db"));
  const blobs = await openFolderBlobStore(join(config.data, "blobs"));
  const uploads = await openUploads(join(config.data, "uploads"), { maxBytes: config.limits.bytes });
  const catalogue = new Catalogue(await repository.packets());
  const fleet = await Fleet.load(catalogue, repository, Date.now);
  const packets = new Packets({ blobs, uploads, repository, catalogue, fleet, limits: config.limits });
  const handlers = makeHandlers({ fleet, packets, blobs, uploads, maxHoldMs: config.maxHold, now: Date.now });
  const app = makeApp({
    tls: credentials,
    handlers,
    identities: new Identities(config, Date.now),
    log,
    version: VERSION,
  });
  const close = async (): Promise<void> => {
    await fleet.close();
    await app.close();
    await repository.close();
  };
  try {
    await app.listen({ host: address.host || "::", port: address.port });
  } catch (cause) {
    await close();
    throw listenError(cause, config.addr);
  }
  return { address: app.server.address() as AddressInfo, close };
}

function makeDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new JamesError("FILE_UNREADABLE", `cannot use ${path} for data: ${(cause as Error).message}`, {
      hint: "Name a folder that jamesd may write with --data.",
      cause,
    });
  }
}

function listenError(cause: unknown, address: string): JamesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const hint =
    code === "EADDRINUSE"
      ? "Another program listens there; stop it or choose another --addr."
      : "Choose another --addr.";
  return new JamesError("ADDRESS_IN_USE", `cannot listen on ${address}: ${message}`, { hint, cause });
}
