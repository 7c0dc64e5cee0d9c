import type { Logger } from "@jamesd/config/log";
import { isoTime, JamesError } from "@jamesd/model";
import { LOOK_AGAIN_MS } from "@jamesd/pki/credentials";
import { type CertificateReply, monotonic, type Way } from "@jamesd/protocol/device";
import { jittered, planDeferral, waitingPause } from "../backoff.ts";
import { BUILT } from "../built.ts";
import { isHangUp } from "../cause-code.ts";
import { codedError, deviceError } from "../transaction/disk/device-error.ts";
import type { DeviceIdentity } from "./device-identity.ts";
import { isNotOffered, renewalTime, urgentTime } from "./due.ts";
import type { Proof } from "./proof.ts";
import { type Problem, promoteNext } from "./saved-identity.ts";

/** What renews certificates. */
export interface RenewalParts {
  readonly proof: Proof;
  readonly stateDir: string;
  /** Where a server takes certificates that have ended. */
  readonly enrollAddress: Way;
  readonly serverName: string;
  readonly log: Logger;
}

/** A server that renews none may do so one day. */
const NOT_OFFERED_MS = LOOK_AGAIN_MS;
/** A server that wants another one again and again is not obeyed more often. */
const LEAST_MS = 10_000;

/**
 * Sees that the certificate does not end. Between two check-ins it asks for another one, with a new key, when its time has
 * come or the server wants it; and, when it ended while the device was off, at the listener for joining. The other one
 * counts when a check-in with it was answered; the one of before is kept until then, and used again when the server
 * refuses the other one.
 */
export class Renewal {
  readonly #parts: RenewalParts;
  /** Before this time, of a clock that only goes forward, it is not asked again. */
  #notBefore = 0;
  #failures = 0;
  /** The server wants another certificate. */
  #isAsked = false;
  /** The server says that ours has ended. */
  #hasEnded = false;
  /** A request has been begun, and not ended. */
  #isUnderWay: boolean;
  /** What was issued waits until nothing is downloaded any more. */
  #isReady = false;
  /** The server may have refused the identity that is used. */
  #isDoubtful = false;
  /** Why what was issued was refused. */
  #refusal: JamesError | undefined;
  #problem: Problem | undefined;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
    const { pending } = parts.proof;
    this.#isUnderWay = pending !== undefined;
    this.#problem = pending?.problem;
    const left = this.#untilOffered();
    if (left > 0) this.#notBefore = monotonic() + left;
  }

  /** What to say when the certificate ends soon and is not about to be renewed; undefined else. `now` in milliseconds since the epoch. */
  endingSoon(now: number): string | undefined {
    const { proof } = this.#parts;
    const soon = proof.endingSoon(now);
    if (soon === undefined || this.#problem === undefined)
      return proof.identity.place === "files" || this.#isUrgent() ? soon : undefined;
    return `${soon}; it could not be renewed: ${this.#problem.message}`;
  }

  /** The next check-in is to ask for another certificate first. */
  get isDue(): boolean {
    const { proof } = this.#parts;
    if (this.#isReady || proof.other || proof.identity.place === "next") return false;
    if (monotonic() < this.#notBefore) return false;
    return this.#isAsked || this.#hasEnded || this.#isUnderWay || Date.now() >= this.#time();
  }

  /** The next check-in tells whether another certificate counts: it is not to be held. */
  get isTrying(): boolean {
    return this.#parts.proof.identity.place === "next";
  }

  /** How long nothing is to be done, in milliseconds, for who does not check in meanwhile. */
  quietMs(now: number): number {
    const { ends } = this.#parts.proof.identity;
    return Math.max(this.#time() - now, (ends - now) / 20);
  }

  /** Before a check-in. What is wrong with it is told, and no reason not to check in. @param isBusy something is downloaded over the connections of now */
  async before(signal: AbortSignal, isBusy: boolean): Promise<void> {
    try {
      // There is nothing that it could be the other one of.
      if (this.isTrying && !this.#parts.proof.other) this.#promote();
      if (this.#isDoubtful) await this.#turnIfKnown(signal);
      if (this.isDue) await this.#obtain(signal);
      if (this.#isReady && (!isBusy || this.#isUrgent())) {
        this.#isReady = false;
        this.#parts.proof.reload();
      }
    } catch (thrown) {
      if (!signal.aborted) await this.#fail(deviceError(thrown));
    }
  }

  /** A check-in was answered. @param isAsked the server wants another certificate */
  async answered(isAsked: boolean): Promise<void> {
    const { proof, log } = this.#parts;
    this.#hasEnded = false;
    this.#isDoubtful = false;
    if (isAsked && !this.#isAsked) this.#notBefore = Math.min(this.#notBefore, monotonic());
    this.#isAsked = isAsked;
    try {
      if (this.isTrying) {
        this.#promote();
        const { ends, issuer } = proof.identity;
        log.info({ ends: isoTime(ends), issuer }, "the certificate was renewed");
      } else if (proof.other) await this.#leave();
    } catch (thrown) {
      log.error(deviceError(thrown).toBody(), "the identity could not be written");
    }
  }

  /** A check-in was refused or failed. */
  refused(thrown: unknown): void {
    const error = codedError(thrown);
    if (!mayBeRefusal(error)) return;
    if (this.isTrying) this.#refusal = error;
    this.#isDoubtful = true;
    if (error.code === "CERTIFICATE_REFUSED" && /expired/.test(error.message)) this.#hasEnded = true;
  }

  /** With a certificate that counts no more no check-in is made, for that would look like a copy of the device. */
  async #turnIfKnown(signal: AbortSignal): Promise<void> {
    this.#isDoubtful = false;
    if (await this.#parts.proof.isKnownByOther(signal)) this.#parts.proof.turn();
  }

  #promote(): void {
    const { proof, stateDir } = this.#parts;
    promoteNext(stateDir);
    proof.reload();
    this.#isUnderWay = false;
    this.#failures = 0;
    this.#problem = undefined;
    this.#refusal = undefined;
    this.#notBefore = monotonic() + LEAST_MS;
  }

  /** The server goes by the certificate of before: the other one is never used again. */
  async #leave(): Promise<void> {
    const { log, proof } = this.#parts;
    const refusal = this.#refusal ?? new JamesError("CERTIFICATE_REFUSED", "another certificate was refused");
    this.#refusal = undefined;
    log.error(refusal.toBody(), "another certificate was refused; the one of before is used on");
    await this.#fail(refusal);
    proof.reload();
  }

  async #obtain(signal: AbortSignal): Promise<void> {
    const { proof, stateDir, log } = this.#parts;
    const { identity } = proof;
    this.#isUnderWay = true;
    const { obtain } = await import("./obtain.ts");
    const ask = (request: string) => this.#ask(request, signal);
    const waiting = await obtain({ name: identity.deviceId, stateDir }, ask, (issued) =>
      checkLater(issued, identity),
    );
    this.#isReady = waiting === undefined;
    if (!waiting) return;
    this.#notBefore = monotonic() + waitingPause(waiting.retryInMs, Math.random());
    log.info(
      { fingerprint: waiting.fingerprint },
      "the request for another certificate waits for an operator",
    );
  }

  async #ask(request: string, signal: AbortSignal): Promise<CertificateReply> {
    const { proof, enrollAddress: address, serverName } = this.#parts;
    const call = { body: { request }, signal };
    if (!this.#hasEnded && !this.#endedBy(Date.now())) return proof.client.call("renewCertificate", call);
    const { renewEnded } = await import("./renew-ended.ts");
    return renewEnded({ address, serverName }, proof.identity, call);
  }

  async #fail(error: JamesError): Promise<void> {
    const { log } = this.#parts;
    this.#failures += 1;
    const pauseMs = isNotOffered(error.code)
      ? jittered(NOT_OFFERED_MS, Math.random())
      : planDeferral(this.#failures, Math.random());
    const retryMs = Math.round(pauseMs + (error.retryAfterMs ?? 0));
    this.#notBefore = monotonic() + retryMs;
    const isNews = this.#problem?.code !== error.code || this.#problem.message !== error.message;
    const details = { ...error.toBody(), retryMs };
    log[isNews ? "warn" : "debug"](details, "the certificate could not be renewed");
    const now = Date.now();
    const since = isNews ? now : this.#problem?.since;
    this.#problem = {
      ...error.toBody(),
      since: since ?? now,
      ...(isNotOffered(error.code) && { asked: now }),
    };
    await this.#note(error);
  }

  /** For people, and for the next start. */
  async #note(error: JamesError): Promise<void> {
    const { log, stateDir, proof } = this.#parts;
    const isOpen = isNotOffered(error.code) || error.class === "unavailable" || error.class === "device";
    this.#isUnderWay &&= isOpen;
    if (!this.#problem) return;
    const { noteProblem } = await import("./obtain.ts");
    try {
      noteProblem({ name: proof.identity.deviceId, stateDir }, this.#problem, isOpen);
    } catch (thrown) {
      log.debug(codedError(thrown).toBody(), "why could not be noted");
    }
  }

  #time(): number {
    // Before the program was built it cannot be: that clock was not set.
    return Date.now() < BUILT ? Number.POSITIVE_INFINITY : renewalTime(this.#parts.proof.identity);
  }

  #endedBy(now: number): boolean {
    return now >= BUILT && now > this.#parts.proof.identity.ends;
  }

  #isUrgent(): boolean {
    const now = Date.now();
    return now >= BUILT && now >= urgentTime(this.#parts.proof.identity);
  }

  /** A restart is no reason to ask a server again that renews none. */
  #untilOffered(): number {
    const gone = Date.now() - (this.#problem?.asked ?? this.#problem?.since ?? 0);
    return isNotOffered(this.#problem?.code) && gone >= 0 ? NOT_OFFERED_MS - gone : 0;
  }
}

function mayBeRefusal(error: JamesError): boolean {
  return error.class === "identity" || error.class === "forbidden" || isHangUp(error);
}

/** Files that people have put there count when they start later: what would not count after a restart is not used. */
function checkLater(issued: DeviceIdentity, { place, starts, credentials }: DeviceIdentity): void {
  if (place !== "files" || issued.starts >= starts) return;
  throw new JamesError(
    "CERTIFICATE_INVALID",
    `what the server issued starts before ${credentials.paths.cert}, in whose place it would come`,
    { hint: "See that the clocks are right of the server and of where that one was issued." },
  );
}
