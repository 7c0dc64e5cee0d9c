import { reloadWhenReplaced } from "@jamesd/config";
import { JamesError, type Tag } from "@jamesd/model";
import { checkCredentials, exposedKey, LOOK_AGAIN_MS } from "@jamesd/pki/credentials";
import { type DeviceClient, monotonic } from "@jamesd/protocol/device";
import { serviceManager } from "@jamesd/service/notify";
import { Agent } from "./agent.ts";
import { BUILT } from "./built.ts";
import type { Settings } from "./config.ts";
import { Daemon } from "./daemon.ts";
import { DriftWatch } from "./drift-watch.ts";
import { systemTagsOf } from "./facts/system-tags.ts";
import { firstProcessWarning } from "./first-process.ts";
import { Proof } from "./identity/proof.ts";
import { Renewal } from "./identity/renewal.ts";
import { type Logger, openLog } from "./log.ts";
import { mayBegin } from "./may-begin.ts";
import { runOnce } from "./once.ts";
import { ownProgram } from "./own-program.ts";
import { pause } from "./pause.ts";
import { Pulse } from "./pulse.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { makeRemote } from "./remote.ts";
import { StateLock } from "./state-lock.ts";
import { listenForStop } from "./stop-signal.ts";
import { Device, handedOver, instanceOf, manifestBytes, proveConnectivity } from "./transaction/index.ts";
import { UpdateLock } from "./update-lock.ts";
import { VERSION } from "./version.ts";
import { Zones } from "./zones/zones.ts";

const LOOK_FOR_SERVER_MS = 5_000;

/** What an agent is to do with itself until it ends. */
export type Life = (agent: Agent, parts: LifeParts) => Promise<void>;

/** What it needs for that. */
interface LifeParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly pulse: Pulse;
  /** Aborted when it is to stop. */
  readonly stop: AbortSignal;
  readonly device: Device;
  readonly systemTags: readonly Tag[];
  readonly proof: Proof;
  readonly renewal: Renewal;
}

const asDaemon: Life = (agent, { settings, log, pulse, stop }) =>
  settings.once ? once(agent, stop) : runDaemon(agent, settings, { log, pulse, stop });

/** The agent, until it is stopped or has done what it was to do. @throws JamesError */
export async function start(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  live: Life = asDaemon,
): Promise<void> {
  const made = openLog(settings, process.stderr.isTTY);
  const log = made.logger;
  const stop = listenForStop((signal) => log.info({ signal }, "stopping"));
  const proof = new Proof(settings);
  const renewal = new Renewal({ ...settings, proof, log });
  const { ca, cert, key } = settings.places.paths;
  reloadWhenReplaced(made, [ca, cert, key], () => proof.reload());
  const warnOfEnd = (): void => {
    const warning = renewal.endingSoon(Date.now());
    if (warning !== undefined) log.warn(warning);
  };
  warnOfEnd();
  setInterval(warnOfEnd, LOOK_AGAIN_MS).unref();
  const lock = new StateLock(settings.stateDir);
  await takeIfPossible(lock, log);
  const { client } = proof;
  const pulse = new Pulse();
  const manager = serviceManager(env, {
    isAlive: () => pulse.isAlive(monotonic()),
    failed: (message) => log.warn({ problem: message }, "the service manager could not be told"),
  });
  // What looks around beside the daemon ends with it, whatever it ends by.
  const over = new AbortController();
  try {
    // Now, for undoing what was cut may take as long as scripts take.
    await manager.ready();
    const { agent, device, systemTags } = await makeAgent(settings, {
      ...{ client, renewal, lock, log, env, stop },
      until: AbortSignal.any([stop, over.signal]),
    });
    await live(agent, { settings, log, pulse, stop, device, systemTags, proof, renewal });
    log.info("stopped");
  } finally {
    over.abort();
    manager.close();
    client.close();
    await lock.release();
  }
}

async function runDaemon(
  agent: Agent,
  settings: Settings,
  { log, pulse, stop }: { readonly log: Logger; readonly pulse: Pulse; readonly stop: AbortSignal },
): Promise<void> {
  const watching = agent.watchDrift();
  await new Daemon(agent, settings, log, pulse).run(stop);
  await watching;
}

async function once(agent: Agent, stop: AbortSignal): Promise<void> {
  try {
    await runOnce(agent, stop);
  } catch (thrown) {
    if (!stop.aborted) throw thrown;
    throw new JamesError("TRANSACTION_INTERRUPTED", "stopped before the device was in sync", {
      cause: thrown,
    });
  }
}

// On a disk that takes nothing there is nothing that two agents could do; the server is told, and it is tried again.
async function takeIfPossible(lock: StateLock, log: Logger): Promise<void> {
  try {
    await lock.take();
  } catch (thrown) {
    if (!(thrown instanceof JamesError && thrown.code === "DEVICE_IO")) throw thrown;
    log.error(thrown.toBody(), "the state directory cannot be used");
  }
}

interface Surroundings {
  readonly client: DeviceClient;
  readonly renewal: Renewal;
  readonly lock: StateLock;
  readonly log: Logger;
  readonly stop: AbortSignal;
  /** Aborted also when the agent ends by itself. */
  readonly until: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
}

async function makeAgent(
  settings: Settings,
  { client, renewal, lock, log, stop, until, env }: Surroundings,
): Promise<{ readonly agent: Agent } & Pick<LifeParts, "device" | "systemTags">> {
  const {
    deviceId,
    installRoot,
    stateDir,
    ownFiles,
    scriptTimeoutMs,
    healthcheckTimeoutMs,
    acceptRoot,
    limits,
  } = settings;
  const systemTags = systemTagsOf(settings);
  const { where, proxy } = client;
  const way = { server: where, ...(proxy !== undefined && { proxy }) };
  log.info({ device: deviceId, tags: systemTags, ...way, version: VERSION }, "started");
  const { credentials } = settings.choice.identity;
  const problem = checkCredentials(credentials, Date.now(), "client");
  if (problem) log.warn({ ...problem.toBody() }, "the certificates will not do");
  const others = [exposedKey(credentials.paths), firstProcessWarning()];
  for (const warning of [...settings.warnings, ...others]) if (warning !== undefined) log.warn(warning);
  const updateLock = new UpdateLock(settings.updateLock);
  const remote = makeRemote(client, where, {
    limiter: limiterOf(settings),
    maxManifest: manifestBytes(limits),
  });
  let isReplaced = false;
  const device = await Device.open({
    installRoot,
    stateDir,
    ownFiles,
    own: {
      ...ownProgram(env, stateDir),
      prove: (isOffline) =>
        isOffline ? lookForServer(remote) : proveConnectivity(remote, healthcheckTimeoutMs / 1000, stop),
      replaced: () => {
        isReplaced = true;
      },
    },
    deviceId,
    systemTags,
    scriptTimeoutMs,
    healthcheckTimeoutMs,
    acceptRoot,
    limits,
    enter: () => lock.take(),
    go: mayBegin({ now: Date.now, zones: () => new Zones({ name: env.TZ }), built: BUILT, lock: updateLock }),
    log: ({ event, ...details }) => log[details.error === undefined ? "info" : "warn"](details, event),
  });
  if (isReplaced) throw handedOver();
  updateLock.make();
  const watch = new DriftWatch(device, settings, log, until);
  const instance = instanceOf(stateDir);
  const agent = new Agent({ device, client, remote, watch, renewal, systemTags, instance, log });
  return { agent, device, systemTags };
}

// Whether there is one does not count, but that looking for it does no harm.
async function lookForServer({ reach }: ReturnType<typeof makeRemote>): Promise<void> {
  await reach(AbortSignal.timeout(LOOK_FOR_SERVER_MS)).catch(() => undefined);
}

function limiterOf({ rateLimit }: Settings): RateLimiter | undefined {
  return rateLimit === undefined ? undefined : new RateLimiter(rateLimit, { now: monotonic, sleep: pause });
}
