import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { closed, listen } from "@jamesd/testkit";

test("a connection that is closed already, is just being closed or is reset is closed, and who listens has heard", async (t) => {
  const server = createServer((socket) => socket.on("error", () => undefined));
  const port = await listen(server, t);
  const ways: Readonly<Record<string, (near: Socket, far: Socket) => unknown>> = {
    "here at once": (near) => near.destroy(),
    "here before": async (near) => {
      near.destroy();
      while (!near.closed) await setImmediate();
    },
    "long ago": async (near) => {
      near.destroy();
      await new Promise((resolve) => near.once("close", resolve));
    },
    there: (_, far) => far.end(),
    "there, by a reset": (_, far) => far.resetAndDestroy(),
  };
  for (const [way, end] of Object.entries(ways)) {
    const come = once(server, "connection");
    const near = connect(port, "127.0.0.1")
      .on("error", () => undefined)
      .resume();
    const [far] = (await come) as [Socket];
    if (near.connecting) await once(near, "connect");
    let isHeard = false;
    near.on("close", () => {
      isHeard = true;
    });
    await end(near, far);
    await closed(near);
    assert.equal(isHeard, true, way);
  }
});
