import type { AddressInfo } from "node:net";
import type { RoleSettings } from "@jamesd/pki/identity";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { dashboardUrl } from "./dashboard-url.ts";
import { openData } from "./data/open-data.ts";
import type { DeviceAuthority } from "./enrollment/device-authority.ts";
import { usualMostHeld } from "./fleet/cadence.ts";
import { CertificateWatch } from "./fleet/certificate-watch.ts";
import { type AppOptions, makeApp } from "./http/app.ts";
import { makeBounds } from "./http/bounds.ts";
import { DEADLINES, type Deadlines } from "./http/deadlines.ts";
import { descriptorLimit } from "./http/descriptors.ts";
import { enrollConnections } from "./http/enroll-bounds.ts";
import { makeHandlers } from "./http/handlers.ts";
import { Identities } from "./http/identity.ts";
import { Listener } from "./http/listener.ts";
import type { RevocationFile } from "./http/revocation-file.ts";
import { TicketKeys } from "./http/ticket-keys.ts";
import { TlsFiles } from "./http/tls-files.ts";
import { JoiningServer } from "./joining-server.ts";
import { judgeConfig } from "./judge-config.ts";
import { openDashboard } from "./open-dashboard.ts";
import { openMetrics } from "./open-metrics.ts";
import { openWebhooks } from "./open-webhooks.ts";
import type { Repository } from "./repository/repository.ts";
import { giveBackWhenQuiet } from "./running/give-back.ts";
import { memoryLimit } from "./running/memory-limit.ts";
import { type Opened, openParts, type Part } from "./running/opened.ts";
import { Shedding } from "./running/shedding.ts";
import { Strain } from "./running/strain.ts";
import { makeServices } from "./services.ts";
import { VERSION } from "./version.ts";

/** A server that answers. */
export interface Server {
  readonly address: AddressInfo;
  /** Where devices ask to join; undefined: nowhere. */
  readonly enrollAddress: AddressInfo | undefined;
  /** Where it tells how it is; undefined: nowhere. */
  readonly metricsAddress: AddressInfo | undefined;
  /** Where browsers are shown the fleet; undefined: nowhere. */
  readonly dashboardAddress: AddressInfo | undefined;
  /** Reads the certificates and the keys again. @throws JamesError as that of `TlsFiles`; then those from before are used on */
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
    const { authority, revoked, webhooks: told } = await judgeConfig(config, log);
    const tls = opened.add(tlsFiles(config, authority, log));
    const metrics = await openMetrics(config, { log, opened, deadlines });
    const data = opened.add(await openData(folderOf(config), log));
    const webhooks = await openWebhooks(told, { repository: data.stores.repository, log, opened });
    const descriptors = descriptorLimit();
    const most = descriptors - forJoining(config, descriptors);
    const strain = opened.add(new Strain(() => performance.now()));
    opened.add(giveBackWhenQuiet());
    const shedding = new Shedding(() => strain.level, Math.random);
    const bounds = makeBounds(config, most, deadlines, shedding, log);
    const maxHeld = config.maxHeld ?? usualMostHeld(memoryLimit(), bounds.limits.most);
    const services = await makeServices(config, data, { maxHeld, shedding }, log);
    const { fleet, rolling } = services;
    // Of devices by their names; whatever else has an account is no device's.
    bounds.clients.onLeave((account) => fleet.hungUp(account, deadlines.comeBack));
    const { repository } = data.stores;
    const roles = rolesOf(config, tls);
    const renewExpiredMs = config.renewExpired;
    const parts = { repository, fleet, tls, deadlines, descriptors, log, roles, renewExpiredMs };
    const joining = authority && opened.add(new JoiningServer({ ...parts, authority }));
    const options: AppOptions = {
      ...bounds,
      ...{ tls: tls.context, deadlines, log, now: Date.now, version: VERSION },
      handlers: makeHandlers({ ...services, joining: joining?.services, dashboardUrl: urlOf(config, tls) }),
      identities: new Identities(roles, fleet.locks, Date.now),
      clones: fleet.replacing,
      checkIns: fleet.checkIns,
    };
    const app = makeApp(options);
    metrics?.watch(app);
    const listener = opened.add(new Listener(app, "--addr"));
    const dashboard = await openDashboard(config, options, opened);
    if (revoked) opened.add(revoked).guard(fleet.locks);
    opened.add(new CertificateWatch({ ...fleet, tls, events: repository.events, log, now: Date.now }));
    // Before the listener they let go whoever is held, which the end of the connections would wait for.
    const { deltas, events: eventLog, recompression, summaries, archives, wholeBundles } = services;
    for (const part of [archives, recompression, wholeBundles, deltas, fleet, eventLog, summaries, rolling])
      opened.add(part);
    const address = await listener.listen(config.addr);
    const enrollAddress = await joining?.listen(config.enrollAddr);
    const isAlive = () => answers(repository);
    const { events, enrollments, waiting: writesWaiting } = repository;
    const kept = { events, enrollments, writesWaiting, data: config.data, webhooks, deltas, recompression };
    metrics?.loaded({ tls, revoked, fleet, bounds, ...kept, ...rolling, now: Date.now }, repository.check);
    void recompression.start();
    const reload = reloader(tls, revoked, [listener, joining, dashboard?.listener]);
    const others = { enrollAddress, metricsAddress: metrics?.address, dashboardAddress: dashboard?.address };
    return { address, ...others, reload, isAlive };
  };
  return openParts(open, (err) => log.error({ err }, "closing failed"));
}

/** Where browsers find the dashboard, by the certificate of the moment. */
function urlOf(config: Config, tls: TlsFiles): () => string | undefined {
  return () => dashboardUrl(config, tls.names);
}

/** What reads the files again for all that listen. */
function reloader(
  tls: TlsFiles,
  revoked: RevocationFile | undefined,
  listeners: readonly (Pick<Listener, "takeOver"> | undefined)[],
): () => void {
  return () => {
    // Who is on the list is kept out, also while certificate and key do not fit together.
    try {
      revoked?.reload();
    } finally {
      const isNarrower = tls.reload();
      for (const one of listeners) one?.takeOver(tls, isNarrower);
    }
  };
}

function tlsFiles(config: Config, authority: DeviceAuthority | undefined, log: Logger): TlsFiles {
  const { ticketKeys } = config;
  return new TlsFiles(
    config,
    authority,
    log,
    ticketKeys === undefined ? undefined : new TicketKeys(ticketKeys, Date.now),
  );
}

function answers({ feed }: Repository): Promise<boolean> {
  return feed.head().then(
    () => true,
    () => false,
  );
}

function folderOf({ data, limits, gcEvery, keepEvents }: Config): Parameters<typeof openData>[0] {
  return { data, maxUploadBytes: limits.bytes, gcEvery, keepEvents };
}

/** So many of the descriptors are for who asks to join. */
function forJoining({ enrollAddr }: Config, descriptors: number): number {
  return enrollAddr === undefined ? 0 : enrollConnections(descriptors);
}

/** Roles by name, but for whom only an authority for devices vouches. */
function rolesOf({ operators, viewers, scopes }: Config, tls: TlsFiles): RoleSettings {
  return {
    operators,
    viewers,
    scopes,
    get authorities() {
      return tls.vouching;
    },
  };
}
