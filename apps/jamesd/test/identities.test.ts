import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { Locks } from "../src/fleet/locks.ts";
import { Identities } from "../src/http/identity.ts";

const DAY = 86_400_000;

test("the end of a certificate is checked at every request of its connection", async () => {
  const now = Date.now();
  const pair = await makeAuthority(now);
  const authority = await openAuthority(pair);
  const issue = (kind: "server" | "device", name: string) =>
    issueCertificate(authority, { kind, name, days: 2 }, now);
  const own = await issue("server", "jamesd");
  const theirs = await issue("device", "d");
  const server = createServer({ ...own, ca: pair.cert, requestCert: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...theirs, ca: pair.cert, host: "127.0.0.1", port, servername: "jamesd" });
  const [socket] = (await once(server, "secureConnection")) as [TLSSocket];
  try {
    let time = now;
    const locks = new Locks([]);
    const identities = new Identities({ operators: [], viewers: [] }, locks, () => time);
    const holder = identities.of(socket);
    assert.equal(holder.name, "d");
    const isOf = (issuer: string) => locks.issuers.mayBe(holder.issuer, issuer);
    assert.deepEqual([isOf(holder.certificate.issuer), isOf("another")], [true, false]);
    time = now + DAY;
    assert.equal(identities.of(socket).name, "d");
    time = now + 2 * DAY + 1000;
    assert.throws(() => identities.of(socket), {
      code: "CERTIFICATE_REFUSED",
      message: /certificate of d has expired/,
    });
  } finally {
    client.destroy();
    server.close();
  }
});
