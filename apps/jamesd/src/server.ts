import type { AddressInfo } from "node:net";
import { parseAddress } from "@jamesd/protocol";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { openData } from "./data/open-data.ts";
import type { Locks } from "./fleet/locks.ts";
import { makeBounds } from "./http/bounds.ts";
import { DEADLINES, type Deadlines } from "./http/deadlines.ts";
import { makeHandlers } from "./http/handlers.ts";
import { Identities } from "./http/identity.ts";
import { Listener, readCredentials } from "./http/listener.ts";
import type { RevocationFile } from "./http/revocation-file.ts";
import { type Opened, openParts, type Part } from "./running/opened.ts";
import { makeServices } from "./services.ts";
import { VERSION } from "./version.ts";

/** A server that answers. */
export interface Server {
  readonly address: AddressInfo;
  /** As that of `Listener`. */
  reload(): void;
  /** Whether its database answers. */
  isAlive(): Promise<boolean>;
}

/** A server that answers, until it is closed: then it lets held check-ins go, waits for what is under way, closes the stores. */
export type RunningServer = Server & Part;

/** Opens the stores and listens. @throws JamesError when a file or the address is not to be had; then nothing runs */
export function startServer(
  config: Config,
  log: Logger,
  deadlines: Deadlines = DEADLINES,
): Promise<RunningServer> {
  const open = async (opened: Opened): Promise<Server> => {
    // What is wrong with an option is said before anything is opened.
    parseAddress(config.addr);
    const tls = readCredentials(config, log);
    const { gcEvery, keepEvents, limits } = config;
    const folder = { data: config.data, maxUploadBytes: limits.bytes, gcEvery, keepEvents };
    const data = opened.add(await openData(folder, log));
    const services = await makeServices(config, data, log);
    const listener = opened.add(
      new Listener(config, {
        ...makeBounds(config.maxDownloads, deadlines, log),
        ...{ tls, handlers: makeHandlers(services), deadlines, log, now: Date.now, version: VERSION },
        clones: services.fleet.replacing,
        identities: new Identities(config, services.fleet.locks, Date.now),
      }),
    );
    const revoked = await revocationFile(config, services.fleet.locks, log);
    if (revoked) opened.add(revoked);
    // Before the listener they let go whoever is held, which the end of the connections would wait for.
    for (const part of [services.wholeBundles, services.deltas, services.fleet, services.events])
      opened.add(part);
    const address = await listener.listen(config.addr);
    const isAlive = () =>
      data.stores.repository.feed.head().then(
        () => true,
        () => false,
      );
    const reload = (): void => {
      // Who is on the list is kept out, also while certificate and key do not fit together.
      try {
        revoked?.reload();
      } finally {
        listener.reload();
      }
    };
    return { address, reload, isAlive };
  };
  return openParts(open, (err) => log.error({ err }, "closing failed"));
}

// What reads lists takes a library that nobody else needs.
async function revocationFile(
  { crl: path, crlStrict, ca }: Config,
  locks: Locks,
  log: Logger,
): Promise<RevocationFile | undefined> {
  if (path === undefined) return undefined;
  const { RevocationFile } = await import("./http/revocation-file.ts");
  return new RevocationFile({ path, ca, isStrict: crlStrict, locks, log, now: Date.now });
}
