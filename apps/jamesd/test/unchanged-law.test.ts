import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, type InstalledApp, JamesError, NO_DRIFT, stateDigest } from "@jamesd/model";
import fc from "fast-check";
import type { Order } from "../src/device/order.ts";
import type { Report } from "../src/device/report.ts";
import { atOnce, from, LONG, ORIGIN, rolledBack, Scene, settled, TAGS, V1, V2 } from "./scene.ts";

const FEATURES = ["drift", "renewal", "reinstall", "windows"];
const CERTIFICATE = { serial: "01", issuer: "ca" };
const WANTED: readonly (readonly App[])[] = [[], [V1], [V2]];

type Op =
  | { readonly op: "ask" | "hold"; readonly machine: number; readonly more: Partial<Report> }
  | {
      readonly op:
        | "follow"
        | "fail"
        | "retry"
        | "go"
        | "verify"
        | "verified"
        | "renew"
        | "reinstall"
        | "change";
    }
  | { readonly op: "report"; readonly machine: number }
  | { readonly op: "wish"; readonly apps: readonly App[] }
  | { readonly op: "tag" | "later" | "packet" | "drift" | "remove" | "restart"; readonly amount: number };

const REPORT: Op = { op: "report", machine: 0 };

const op = <K extends Op["op"]>(...kinds: K[]) => fc.record({ op: fc.constantFrom(...kinds) });
const amount = <K extends Op["op"]>(...kinds: K[]) =>
  fc.record({ op: fc.constantFrom(...kinds), amount: fc.nat(2) });
const machine = fc.constantFrom(0, 0, 0, 0, 0, 0, 1);
const more = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  fc.constantFrom<Partial<Report>>(
    { deferred: "target", retryInMs: 5000 },
    { deferred: "target", retryInMs: 5000, waiting: { revision: 9, why: "not now" } },
    { verifying: "wish" },
    { preparing: { target: "target", revision: 1 } },
    { followed: { revision: 7, seal: "another's" } },
  ),
);
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ op: fc.constantFrom("ask", "hold"), machine, more }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("wish"), apps: fc.constantFrom(...WANTED) }) },
  {
    weight: 3,
    arbitrary: op("follow", "fail", "retry", "go", "verify", "verified", "renew", "reinstall"),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("report"), machine }) },
  { weight: 1, arbitrary: op("change") },
  { weight: 2, arbitrary: amount("tag", "later", "packet", "drift") },
  { weight: 1, arbitrary: amount("remove", "restart", "later") },
) as fc.Arbitrary<Op>;

/** One device of two to which the same is done. Of one whatever can be is taken as unchanged; the other always has its report read. */
class Twin {
  readonly id: string;
  readonly #isQuick: boolean;
  readonly #scene: Scene;
  #apps: readonly InstalledApp[] = [];
  #held: Promise<unknown> | undefined;
  /** How many of its check-ins were taken as unchanged. */
  unchanged = 0;

  constructor(id: string, isQuick: boolean, scene: Scene) {
    this.id = id;
    this.#isQuick = isQuick;
    this.#scene = scene;
  }

  /** What becomes of it, in words that are the same for both. */
  async do(op: Op): Promise<unknown> {
    return this.#do(op).catch((error: unknown) => {
      if (error instanceof JamesError) return error.code;
      throw error;
    });
  }

  /** What is known of it, and of what it waits for. */
  async known(): Promise<unknown> {
    const { fleet } = this.#scene;
    const held = this.#held && (await this.#settled(this.#held));
    if (!fleet.devices.isKnown(this.id)) return { held };
    const { sync, connected, lastSeen, nextTry, drifted, apps, problem, preparing, waiting } =
      await fleet.list.get(this.id);
    const shown = { sync, connected, lastSeen, nextTry, drifted, apps, problem: problem?.code };
    return { held, ...shown, preparing: preparing?.target, waiting: waiting?.why };
  }

  /** What it has come to when all that it has written is written, which may wait for others. */
  async #settled(held: Promise<unknown>): Promise<unknown> {
    for (let i = 0; i < 3; i += 1) {
      await settled(held);
      // A write that is not gathered comes after all that are.
      await this.#scene.repository.devices.giveTags("nobody", [], ORIGIN);
    }
    return settled(held);
  }

  async #do(op: Op): Promise<unknown> {
    const { fleet } = this.#scene;
    const { commands } = fleet;
    switch (op.op) {
      case "ask":
        return wordsOf(await this.#say(this.#asked(op.more), 0, op.machine));
      case "hold":
        this.#held = this.#say(this.#asked(op.more), LONG, op.machine).then(
          (order) => wordsOf(order),
          (error: JamesError) => error.code,
        );
        return this.#settled(this.#held);
      case "report":
        return wordsOf(await this.#say(this.#told(), 0, op.machine));
      case "change":
        this.#apps = this.#apps.length > 0 ? [] : (fleet.devices.entered(this.id)?.target?.apps ?? []);
        return "changed, and not told";
      case "follow":
        this.#apps = fleet.devices.entered(this.id)?.target?.apps ?? this.#apps;
        return wordsOf(await this.#say(this.#told(), 0, 0));
      case "fail":
        return wordsOf(
          await this.#say(
            { ...this.#told(), transaction: { ...rolledBack(this.#target()), revision: this.#revision() } },
            0,
            0,
          ),
        );
      case "drift":
        return wordsOf(
          await this.#say(
            {
              ...this.#asked({}),
              drift: { ...NO_DRIFT, checked: 9, count: op.amount, repairable: op.amount },
            },
            0,
            0,
          ),
        );
      case "verified":
        return wordsOf(
          await this.#say({ ...this.#asked({}), drift: NO_DRIFT, verified: this.#wish() }, 0, 0),
        );
      case "wish":
        await this.#scene.wish(this.id, op.apps);
        return "wished";
      case "retry":
        return typeof (await commands.retry(this.id, ORIGIN));
      case "go":
        return typeof (await commands.go(this.id, false, ORIGIN));
      case "verify":
        return typeof (await commands.verify(this.id, ORIGIN));
      case "reinstall":
        return typeof (await commands.reinstall(this.id, "vpn", ORIGIN));
      case "renew":
        return (await commands.renew([this.id], ORIGIN)).length;
      case "tag":
        await commands.giveTags(this.id, ["lab", "prod"].slice(0, op.amount), ORIGIN);
        return "tagged";
      case "remove":
        await this.#scene.desired.removeDevice(this.id, true, ORIGIN);
        return "removed";
      default:
        return undefined;
    }
  }

  /** Checks in: as a whole, or, where that can be, as unchanged. */
  async #say(report: Report, waitMs: number, machine: number): Promise<Order | undefined> {
    const { checkIns } = this.#scene.fleet;
    const origin = { ...from(this.id), address: `10.0.0.${machine}` };
    const full = { ...report, certificate: CERTIFICATE, instance: `machine ${machine}` };
    const connection = this.#isQuick ? 1 + machine : 11 + machine;
    const voice = { instance: full.instance, connection, address: origin.address };
    const { signal } = new AbortController();
    const question = this.#isQuick ? checkIns.takeUnchanged(this.id, voice, full, waitMs) : undefined;
    if (!question) return checkIns.answer(origin, full, { ...atOnce(signal), connection, waitMs });
    this.unchanged += 1;
    if (waitMs === 0) return undefined;
    const isNothing = await new Promise<boolean>((end) => void checkIns.holdUnchanged(question, end));
    return isNothing ? undefined : checkIns.resume(question, signal);
  }

  #asked(more: Partial<Report>): Report {
    const { deferred, preparing, verifying, waiting } = more;
    return {
      digest: stateDigest({ systemtags: TAGS, apps: this.#apps }),
      ...more,
      ...(deferred !== undefined && { deferred: this.#target() }),
      ...(verifying !== undefined && { verifying: this.#wish() }),
      ...(waiting && { waiting: { ...waiting, revision: this.#revision() } }),
      ...(preparing && { preparing: { ...preparing, target: this.#target(), revision: this.#revision() } }),
    };
  }

  #told(): Report {
    const state = { systemtags: TAGS, apps: this.#apps };
    return { digest: stateDigest(state), state, agent: "jamesc 1", features: FEATURES };
  }

  #target(): string {
    return this.#scene.fleet.devices.entered(this.id)?.target?.digest ?? "0".repeat(64);
  }

  #revision(): number {
    return this.#scene.fleet.devices.entered(this.id)?.target?.wanted.revision ?? 0;
  }

  #wish(): string {
    return this.#scene.fleet.devices.entered(this.id)?.record?.verify ?? "none";
  }
}

/** What a device is told, but for what no two are told alike: ids, and numbers of revisions. */
function wordsOf(order: Order | undefined): unknown {
  if (!order) return "nothing";
  if ("verify" in order) return "verify";
  if (!order.plan) return order;
  const { target, steps, policy, go, retry, repair, reinstall } = order.plan;
  return { target, steps, policy, go: go !== undefined, retry, repair, app: reinstall?.app };
}

/** What happens to the whole fleet at once. */
async function happen(scene: Scene, op: Op): Promise<void> {
  if (op.op === "later") scene.now += [1, 700_000, 4_000_000][op.amount] ?? 0;
  if (op.op === "restart") await scene.restart();
  if (op.op !== "packet") return;
  const known = [...scene.catalogue.named("vpn")].find(({ tags }) => tags.includes(`v${op.amount}`));
  if (known) await scene.repository.packets.remove(known.digest, ORIGIN).catch(() => undefined);
  else await scene.upload("vpn", [`v${op.amount}`]);
  await scene.fleet.follower.follow();
}

test("a check-in that is taken as unchanged is answered, held and shown as one whose report is read", async () => {
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyOp, { minLength: 20, maxLength: 60 }), async (ops) => {
      await using scene = await Scene.open();
      scene.areRenewed = true;
      await scene.restart();
      await scene.upload("vpn", ["v1"]);
      await scene.upload("vpn", ["v2"]);
      const [quick, plain] = [new Twin("a", true, scene), new Twin("b", false, scene)];
      for (const [i, op] of [REPORT, ...ops].entries()) {
        await happen(scene, op);
        const [one, other] = [await quick.do(op), await plain.do(op)];
        const where = `at ${i}, ${JSON.stringify(op)}`;
        assert.deepEqual(one, other, where);
        assert.deepEqual(await quick.known(), await plain.known(), where);
      }
      unchanged += quick.unchanged;
      assert.equal(plain.unchanged, 0);
    }),
    { numRuns: 40 },
  );
  assert.ok(unchanged > 50, `only ${unchanged} were unchanged: this looks at little`);
});
