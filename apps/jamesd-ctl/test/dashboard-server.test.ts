import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { test } from "node:test";
import { DashboardServer } from "../src/dashboard/dashboard-server.ts";

test("who posts more than a word is refused before it ends", async () => {
  const client = { forward: () => Promise.reject(new Error("nothing is handed on")) };
  const server = new DashboardServer({ assets: {}, client, mayWrite: false, port: 0, now: () => 0 });
  const { hostname, port } = new URL(await server.listen());
  try {
    const asked = request({ hostname, port, path: "/session", method: "POST" });
    asked.on("error", () => undefined);
    // Its length is not said, and it never ends.
    asked.write("x".repeat(10_000));
    const signal = AbortSignal.timeout(60_000);
    const [answer] = (await once(asked, "response", { signal })) as [IncomingMessage];
    assert.equal(answer.statusCode, 403);
    asked.destroy();
  } finally {
    await server.close();
  }
});
