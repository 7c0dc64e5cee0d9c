import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Values } from "@jamesd/config";
import type { Logger } from "@jamesd/config/log";
import { JamesError, parseTags } from "@jamesd/model";
import { parseSubjectName } from "@jamesd/pki/subject";
import { serviceManager } from "@jamesd/service/notify";
import { planDeferral, reconnectPause, waitingPause } from "../backoff.ts";
import { enrollAddressOf, type OPTIONS, placesOf } from "../config.ts";
import { ConnectionLog } from "../connection-log.ts";
import { systemTagsOf } from "../facts/system-tags.ts";
import { noteProblem, obtain, type Waiting } from "../identity/obtain.ts";
import { promoteNext } from "../identity/saved-identity.ts";
import { pause } from "../pause.ts";
import { StateLock } from "../state-lock.ts";
import { listenForStop } from "../stop-signal.ts";
import { codedError } from "../transaction/disk/device-error.ts";
import { askToJoin, type Joining } from "./ask-to-join.ts";
import { exposedToken, readToken } from "./read-token.ts";

/**
 * Joins the fleet. It asks until this device has an identity: a server that cannot be reached, an operator who has not
 * decided, and a refusal, which may be taken back.
 * @param isOnce it asks once @returns false when it was stopped @throws JamesError what is wrong with the settings; with `isOnce`, why it has not joined
 */
export async function join(
  values: Values<typeof OPTIONS>,
  env: NodeJS.ProcessEnv,
  isOnce: boolean,
  log: Logger,
): Promise<boolean> {
  const { stateDir } = placesOf(values);
  const joining = joiningOf(values);
  const warning = exposedToken(values.enroll, process.argv);
  if (warning !== undefined) log.warn(warning);
  const stop = listenForStop((signal) => log.info({ signal }, "stopping"));
  const lock = new StateLock(stateDir);
  await lock.take();
  // A copy: the daemon tells it as well.
  const manager = serviceManager({ ...env }, { isAlive: () => true, failed: () => undefined });
  try {
    await manager.ready();
    const asking = new Asking(joining, stateDir, log);
    return isOnce ? await asking.once(stop) : await asking.untilJoined(stop);
  } finally {
    manager.close();
    await lock.release();
  }
}

class Asking {
  readonly #joining: Joining;
  readonly #stateDir: string;
  readonly #log: Logger;
  readonly #connection: ConnectionLog;

  constructor(joining: Joining, stateDir: string, log: Logger) {
    this.#joining = joining;
    this.#stateDir = stateDir;
    this.#log = log;
    this.#connection = new ConnectionLog(log);
  }

  /** @throws JamesError */
  async once(signal: AbortSignal): Promise<boolean> {
    const waiting = await this.#ask(signal);
    if (!waiting) return true;
    const { fingerprint, retryInMs } = waiting;
    throw new JamesError(
      "ENROLLMENT_WAITING",
      `${this.#joining.id} has asked to join, and nobody has decided yet: its key is ${fingerprint}`,
      { hint: "jamesd-ctl approve lets it join; then ask again.", retryAfterMs: retryInMs },
    );
  }

  async untilJoined(signal: AbortSignal): Promise<boolean> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const waiting = await this.#ask(signal);
        if (!waiting) return true;
        failures = 0;
        this.#tell(waiting);
        await pause(waitingPause(waiting.retryInMs, Math.random()), signal);
      } catch (thrown) {
        if (signal.aborted) break;
        failures += 1;
        await this.#fail(codedError(thrown), failures, signal);
      }
    }
    return false;
  }

  /** @returns what is waited for; undefined: it has joined */
  async #ask(signal: AbortSignal): Promise<Waiting | undefined> {
    const { id, key } = this.#joining;
    const ask = (request: string) => askToJoin(this.#joining, request, signal);
    const waiting = await obtain({ name: id, key, stateDir: this.#stateDir }, ask);
    if (waiting) return waiting;
    promoteNext(this.#stateDir);
    this.#log.info({ device: id }, "joined");
    return undefined;
  }

  #tell({ fingerprint }: Waiting): void {
    const error = new JamesError("ENROLLMENT_WAITING", `its key is ${fingerprint}`, {
      hint: "jamesd-ctl approve lets it join.",
    });
    this.#connection.down(error, 0);
  }

  async #fail(error: JamesError, failures: number, signal: AbortSignal): Promise<void> {
    // What somebody has to do something about is not asked for every minute.
    const isPassing = error.class === "unavailable" || error.class === "identity";
    const ms = isPassing
      ? reconnectPause(failures, Math.random(), error.retryAfterMs)
      : planDeferral(failures, Math.random());
    this.#connection.down(error, ms);
    if (!isPassing) this.#note(error);
    await pause(ms, signal);
  }

  /** For who asks jamesc status. */
  #note(error: JamesError): void {
    try {
      const problem = { ...error.toBody(), since: Date.now() };
      noteProblem({ name: this.#joining.id, stateDir: this.#stateDir }, problem, true);
    } catch (thrown) {
      this.#log.debug(codedError(thrown).toBody(), "why could not be noted");
    }
  }
}

/** @throws JamesError USAGE, FILE_UNREADABLE, NAME_INVALID, TAG_INVALID */
function joiningOf(values: Values<typeof OPTIONS>): Joining {
  const token = readToken(values);
  const systemTags = systemTagsOf({
    detectTags: !values.noDetectTags,
    listedTags: parseTags(values.systemTags),
  });
  return {
    server: { address: enrollAddressOf(values), serverName: values.serverName },
    id: parseSubjectName(values.id ?? hostname()),
    key: keyIn(values.key),
    token,
    ca: token ? undefined : readAuthority(values.ca),
    systemTags,
  };
}

/** The key that was made for this device beforehand, when there is one that a certificate can be asked for with. */
function keyIn(path: string): string | undefined {
  try {
    const pem = readFileSync(path, "utf8");
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === "prime256v1" ? pem : undefined;
  } catch {
    return undefined;
  }
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new JamesError("FILE_UNREADABLE", `cannot read ${path}: ${(cause as Error).message}`, {
      hint: "To join without a token, name the certificate of the authority that vouches for the server with --ca.",
      cause,
    });
  }
}
