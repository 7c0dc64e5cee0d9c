import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { memoryFolder, waitFor } from "@jamesd/testkit";
import { Courier } from "../../src/webhooks/courier.ts";
import { wantedOf } from "../../src/webhooks/event-type.ts";
import { receiversOf } from "../../src/webhooks/receiver.ts";
import { Sender } from "../../src/webhooks/sender.ts";
import { ORIGIN, rolledBack, Scene } from "../scene.ts";
import { Listening } from "./listening.ts";

const FAILURES = ["transaction-rolled-back", "transaction-stuck"];

/** Waits until something is so. */
async function come(isSo: () => Promise<boolean> | boolean): Promise<void> {
  await waitFor(String(isSo), async () => ((await isSo()) ? true : undefined));
}

/** A fleet, a receiver, and what tells it. */
class Post implements AsyncDisposable {
  readonly scene: Scene;
  readonly receiver: Listening;
  readonly said: object[] = [];
  readonly #folder = memoryFolder("jamesd-webhooks-");
  #courier: Courier | undefined;

  private constructor(scene: Scene, receiver: Listening) {
    this.scene = scene;
    this.receiver = receiver;
    writeFileSync(this.#secrets, `whsec_${Buffer.alloc(32, 7).toString("base64")}\n`);
  }

  static async open(): Promise<Post> {
    const post = new Post(await Scene.open(), await Listening.start());
    await post.scene.report("d");
    return post;
  }

  /** Begins, or goes on after an end. */
  start(events: readonly string[] = FAILURES): Courier {
    const [receiver] = receiversOf([this.receiver.url], false);
    if (!receiver) throw new Error("there is no receiver");
    const sender = new Sender({ secrets: this.#secrets, ca: undefined }, Date.now);
    const warn = (details: object) => void this.said.push(details);
    const { events: log, webhooks: store } = this.scene.repository;
    this.#courier = new Courier({
      ...{ receiver, wanted: wantedOf(events), events: log, store, log: { warn, info: warn } },
      send: (to, event, signal) => sender.send(to, event, signal),
      pauses: { firstMs: 1, mostMs: 4, random: () => 0 },
    });
    return this.#courier;
  }

  async stop(): Promise<void> {
    await this.#courier?.close();
  }

  /** A transaction of the device ends. */
  async transaction(id: string, outcome: "committed" | "rolled-back" | "stuck" = "rolled-back") {
    await this.scene.report("d", [], { ...rolledBack("0".repeat(64)), id, outcome });
  }

  /** Starts, and waits until it knows where it begins. */
  async begin(events: readonly string[] = FAILURES): Promise<Courier> {
    const courier = this.start(events);
    await come(async () => (await this.position()) !== undefined);
    return courier;
  }

  position(): Promise<number | undefined> {
    const [receiver] = receiversOf([this.receiver.url], false);
    return this.scene.repository.webhooks.position(receiver?.key ?? "");
  }

  get #secrets(): string {
    return join(this.#folder, "secrets");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.receiver[Symbol.asyncDispose]();
    await this.scene[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

describe("a webhook", () => {
  test("is told of what it is to hear, in order, and not of what was before it came", async () => {
    await using post = await Post.open();
    await post.transaction("before");
    const courier = await post.begin();
    await post.transaction("a", "committed");
    await post.transaction("b");
    await post.transaction("c", "stuck");
    const heard = await post.receiver.until(2);
    assert.deepEqual(
      heard.map(({ method, path, type, data }) => [method, path, type, data.device]),
      [
        ["POST", "/hook?key=hidden", "transaction-rolled-back", "d"],
        ["POST", "/hook?key=hidden", "transaction-stuck", "d"],
      ],
    );
    await come(async () => (await post.position()) === heard[1]?.data.sequence);
    assert.deepEqual(
      [courier.name, courier.counts, courier.waitsSince],
      [`127.0.0.1:${post.receiver.port}`, { delivered: 2, failed: 0, refused: 0, lost: 0 }, undefined],
    );
  });

  test("is told again until it has heard, under one id, and goes nowhere where it is sent", async () => {
    await using post = await Post.open();
    const courier = await post.begin();
    const statuses = [500, 302, 404, 429, 200];
    post.receiver.answer = (_, response) => {
      response.setHeader("location", "/elsewhere");
      return statuses.shift() ?? 200;
    };
    await post.transaction("a");
    await post.transaction("b");
    const heard = await post.receiver.until(6);
    assert.equal(new Set(heard.slice(0, 5).map(({ headers }) => headers["webhook-id"])).size, 1);
    assert.notEqual(heard[5]?.headers["webhook-id"], heard[0]?.headers["webhook-id"]);
    assert.ok(heard.every(({ path }) => path === "/hook?key=hidden"));
    await come(() => courier.counts.delivered === 2);
    assert.equal(courier.counts.failed, 4);
    assert.deepEqual(
      post.said.map((line) => (line as { failures: number }).failures),
      [1, 2, 4],
    );
    assert.doesNotMatch(JSON.stringify(post.said), /hidden/);
  });

  test("that does not want one event, and says so ten times, is told of the next", async () => {
    await using post = await Post.open();
    const courier = await post.begin();
    post.receiver.answer = ({ type }) => (type === "transaction-stuck" ? 422 : 200);
    await post.transaction("a", "stuck");
    await post.transaction("b");
    const heard = await post.receiver.until(11);
    assert.equal(heard[10]?.type, "transaction-rolled-back");
    await come(() => courier.counts.delivered === 1);
    assert.deepEqual(courier.counts, { delivered: 1, failed: 10, refused: 1, lost: 0 });
  });

  test("hears once more what it heard, when its answer did not come before the end; and what came meanwhile", async () => {
    await using post = await Post.open();
    await post.begin();
    await post.transaction("a");
    const [first] = await post.receiver.until(1);
    await come(async () => (await post.position()) === first?.data.sequence);
    post.receiver.answer = () => "never";
    await post.transaction("b");
    await post.receiver.until(2);
    await post.stop();
    await post.transaction("c");
    await post.scene.restart();
    post.receiver.answer = () => 200;
    post.start();
    const [, before, again, then] = await post.receiver.until(4);
    assert.equal(before?.headers["webhook-id"], again?.headers["webhook-id"]);
    assert.equal(before?.body, again?.body);
    assert.ok((then?.data.sequence ?? 0) > (again?.data.sequence ?? 0));
  });

  test("is told that events were deleted before it heard of them by a line in the log, and goes on", async () => {
    await using post = await Post.open();
    await post.begin(["revoked"]);
    await post.stop();
    const { events, revocations } = post.scene.repository;
    for (const time of [6, 7, 8]) {
      const locked = { kind: "name", name: `d${time}` } as const;
      await revocations.add([{ locked, reason: "", ...ORIGIN, time }]);
    }
    await events.expire(8, 99);
    const [last] = await events.page({ limit: 1, isLast: true });
    const courier = post.start(["revoked"]);
    const [heard] = await post.receiver.until(1);
    assert.equal(heard?.data.sequence, last?.sequence);
    assert.equal(courier.counts.lost, 1);
    assert.equal((post.said[0] as { to: number }).to, (last?.sequence ?? 0) - 1);
  });

  test("ends also when it is ended before it knows where it begins", async () => {
    await using post = await Post.open();
    const courier = post.start();
    await courier.close();
    assert.deepEqual(post.receiver.heard, []);
  });

  test("that hears of nothing for long knows that it missed nothing", async () => {
    await using post = await Post.open();
    await post.begin(["packet-removed"]);
    const before = (await post.position()) ?? 0;
    for (const id of ["a", "b", "c"]) await post.transaction(id);
    const newest = await post.scene.repository.events.page({ limit: 1, isLast: true });
    // It looks a moment after the news.
    await come(async () => {
      await post.stop();
      if ((await post.position()) === newest[0]?.sequence) return true;
      post.start(["packet-removed"]);
      return false;
    });
    assert.ok((newest[0]?.sequence ?? 0) > before);
    assert.deepEqual([post.receiver.heard, post.said], [[], []]);
  });
});
