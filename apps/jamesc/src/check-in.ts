import {
  type DeviceState,
  type Digest,
  type DriftReport,
  FEATURES,
  JamesError,
  sameDrift,
  stateDigest,
  type Tag,
} from "@jamesd/model";
import type {
  Checkin,
  DeviceClient,
  Followed,
  Preparing,
  ReadCheckinReply,
  Transaction,
} from "@jamesd/protocol/device";
import type { Deferred } from "./deferral.ts";
import type { ServerClock } from "./server-clock.ts";
import { describeAgent } from "./version.ts";

/** What a check-in says and asks. */
export interface Report {
  /** Undefined when the device cannot tell. */
  readonly state: DeviceState | undefined;
  /** The finished transaction that the server has not acknowledged. */
  readonly transaction: Transaction | undefined;
  /** The last revision that was carried out; undefined when the device cannot tell. */
  readonly followed: Followed | undefined;
  readonly deferred: Deferred | undefined;
  /** The new versions of configuration files that lie beside edited ones; told with the state, and when they are others. */
  readonly unmerged: readonly string[];
  /** The plan that is being prepared. */
  readonly preparing?: Preparing | undefined;
  /** Undefined when nobody has looked yet. */
  readonly drift: DriftReport | undefined;
  /** The wish for a full look that is at work. */
  readonly verifying: string | undefined;
  /** The wish that `drift` answers. */
  readonly verified: string | undefined;
  /** How long the server may hold the answer; 0 for an answer at once. */
  readonly waitSeconds: number;
}

/** What the server answers. */
export interface Answered extends ReadCheckinReply {
  /** It does not hold the question now; it is to be asked again after so many milliseconds. */
  readonly askAgainMs?: number | undefined;
}

// No state has it.
const UNKNOWN = "0".repeat(64);

const NOTHING_ELSE = {
  ...{ transaction: undefined, drift: undefined, verifying: undefined, verified: undefined },
  ...{ unmerged: [], waitSeconds: 0 },
};

// How much later than promised a held answer may come before the connection counts as dead.
const GRACE_MS = 30_000;

/** The agent's check-ins; remembers which state the server knows, so that it is sent only when it changed. */
export class CheckIns {
  readonly #client: DeviceClient;
  readonly #instance: string;
  readonly #clock: ServerClock;
  #known: Digest | undefined;
  #knownDrift: DriftReport | undefined;
  #knownUnmerged = "";

  constructor(client: DeviceClient, instance: string, clock: ServerClock) {
    this.#client = client;
    this.#clock = clock;
    this.#instance = instance;
  }

  /** The next check-in has the state, whether the server knows it or not. */
  forget(): void {
    this.#known = undefined;
  }

  /** True when the server has not been told of this drift. */
  isNews(drift: DriftReport | undefined): boolean {
    return drift !== undefined && !(this.#knownDrift && sameDrift(drift, this.#knownDrift));
  }

  /** What a check-in would say that only asks. */
  question(report: Pick<Report, "state" | "followed" | "deferred">): Checkin {
    const digest = report.state ? stateDigest(report.state) : UNKNOWN;
    return this.#message({ ...report, ...NOTHING_ELSE }, digest, { isNews: false });
  }

  /** One check-in, sent again with the state when the server asks for it. @throws JamesError; the signal's reason */
  async send(report: Report, signal: AbortSignal): Promise<Answered> {
    const digest = report.state ? stateDigest(report.state) : UNKNOWN;
    const unmerged = JSON.stringify(report.unmerged);
    if (this.#known === digest && this.#knownUnmerged === unmerged && !report.transaction) {
      const isNews = this.isNews(report.drift) || report.verified !== undefined;
      const reply = await this.#post(this.#message(report, digest, { isNews }), report.waitSeconds, signal);
      if (reply.need === undefined) {
        this.#knownDrift = report.drift;
        return reply;
      }
      this.#known = undefined;
    }
    const reply = await this.#post(
      this.#message(report, digest, { isNews: true, withState: true }),
      report.waitSeconds,
      signal,
    );
    // The server goes on with what it was told before, and takes the report of what is wrong.
    if (!report.state) {
      this.#known = undefined;
      return {};
    }
    if (reply.need !== undefined)
      throw new JamesError("INTERNAL", "the server asks for the state that it was just sent");
    this.#known = digest;
    this.#knownDrift = report.drift;
    this.#knownUnmerged = unmerged;
    return reply;
  }

  #message(
    { state, transaction, followed, deferred, preparing, unmerged, drift, verifying, verified }: Report,
    digest: Digest,
    { isNews, withState = false }: { readonly isNews: boolean; readonly withState?: boolean },
  ): Checkin {
    const { off } = this.#clock;
    return {
      digest,
      instance: this.#instance,
      ...(off !== undefined && { clockOff: off }),
      ...(followed && { followed }),
      ...(deferred && { deferred: deferred.target, retryInMs: deferred.retryInMs }),
      ...(deferred?.waiting && { waiting: deferred.waiting }),
      ...(preparing && { preparing }),
      ...(withState && {
        agent: describeAgent(),
        features: [...FEATURES],
        ...(state && { state: wireState(state), unmerged: [...unmerged] }),
      }),
      ...(transaction && { transaction }),
      ...(isNews && drift && { drift: wireDrift(drift) }),
      ...(verifying !== undefined && { verifying }),
      ...(verified !== undefined && { verified }),
    };
  }

  async #post(body: Checkin, waitSeconds: number, signal: AbortSignal): Promise<Answered> {
    let askAgainMs: number | undefined;
    const reply = await this.#client.call("checkin", {
      body,
      headers: waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {},
      timeoutMs: waitSeconds * 1000 + GRACE_MS,
      signal,
      onRetryAfter: (ms) => {
        askAgainMs = ms;
      },
      onDate: (time) => this.#clock.heard(time, Date.now()),
    });
    return { ...reply, askAgainMs };
  }
}

function wireState({ systemtags, apps }: DeviceState): NonNullable<Checkin["state"]> {
  return {
    systemtags: [...systemtags] satisfies Tag[],
    apps: apps.map(({ name, tags, digest }) => ({ name, tags: [...tags], digest })),
  };
}

function wireDrift({ apps, paths, ...rest }: DriftReport): NonNullable<Checkin["drift"]> {
  return {
    ...rest,
    apps: apps.map(({ kinds, ...app }) => ({ ...app, kinds: { ...kinds } })),
    paths: paths.map(({ kinds, ...at }) => ({ ...at, kinds: [...kinds] })),
  };
}
