import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ERROR_CLASSES, type ErrorCode, JamesError } from "@jamesd/model";
import { Bench, NEVER, planFor, Shelf } from "./fixture.ts";

/** A shelf that takes nobody in any more, once it is told why. */
class ClosedShelf extends Shelf {
  closed: JamesError | undefined;

  override async packet(...args: Parameters<Shelf["packet"]>): ReturnType<Shelf["packet"]> {
    if (this.closed) throw this.closed;
    return super.packet(...args);
  }

  override async blob(...args: Parameters<Shelf["blob"]>): ReturnType<Shelf["blob"]> {
    if (this.closed) throw this.closed;
    return super.blob(...args);
  }
}

const codes = Object.entries(ERROR_CLASSES).flatMap(([code, kind]) =>
  kind === "identity" || kind === "unavailable" ? [code as ErrorCode] : [],
);

test("a plan in whose middle device and server no longer know each other has not failed, and is gone on with", async () => {
  using bench = new Bench();
  const shelf = new ClosedShelf();
  const device = await bench.open();
  assert.ok(codes.includes("CERTIFICATE_REFUSED") && codes.includes("SERVER_IDENTITY"));
  for (const [revision, code] of codes.entries()) {
    const packet = shelf.add("app", { "opt/app": code });
    const plan = planFor(device.installed, [packet], shelf, revision + 1);
    shelf.closed = new JamesError(code, "not now");
    await assert.rejects(device.carryOut(plan, shelf, NEVER), { code });
    assert.deepEqual([device.pendingReport()?.revision ?? 0, device.failures], [revision, null], code);

    shelf.closed = undefined;
    const { outcome, attempt } = await device.carryOut(plan, shelf, NEVER);
    assert.deepEqual([outcome, attempt], ["committed", 1]);
    assert.equal(readFileSync(join(bench.root, "opt/app"), "utf8"), code);
  }
});
