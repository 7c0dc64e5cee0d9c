import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Gate } from "@jamesd/model";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { Line, Unreachable } from "../src/line.ts";
import { Tally } from "../src/tally.ts";

test("a line that is dropped while its connection is still being made asks nothing, and connects anew when it is asked to", async (t) => {
  const now = Date.now();
  const ca = await makeAuthority(now);
  const authority = await openAuthority(ca);
  const own = await issueCertificate(authority, { kind: "server", name: "jamesd" }, now);
  const device = await issueCertificate(authority, { kind: "device", name: "d" }, now);
  let asked = 0;
  const server = createServer({ ...own, ca: ca.cert, requestCert: true }, (_, response) => {
    asked += 1;
    response.writeHead(204).end();
  });
  t.after(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = { host: "127.0.0.1", port, serverName: "localhost", ca: ca.cert };
  const gate = new Gate(1);
  const line = new Line({ endpoint, tally: new Tally(), gate }, device, false);
  t.after(() => line.drop());
  const question = { method: "GET", path: "/", timeoutMs: 60_000 } as const;

  let open: () => void = () => undefined;
  const closed = gate.run(() => new Promise<void>((resolve) => (open = resolve)));
  const asking = assert.rejects(line.ask(question), Unreachable);
  line.drop();
  open();
  await closed;
  await asking;
  assert.deepEqual([asked, line.isConnected], [0, false]);
  assert.equal((await line.ask(question)).status, 204);
  assert.equal(asked, 1);
});
