import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import {
  type Authority,
  type CertificateKind,
  issueCertificate,
  loadCredentials,
  makeAuthority,
  openAuthority,
  readIdentity,
} from "@jamesd/pki";
import { ownCa, ownLeaf, scratch, withoutOpenssl } from "./openssl.ts";

interface Side {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}
type Context = { after: (fn: () => void) => void };

const DAY = 86_400_000;

/** A server that tells every client who it is. @returns its port */
async function serve(t: Context, { ca, cert, key }: Side, operators: readonly string[] = []) {
  const options = { ca, cert, key, requestCert: true, rejectUnauthorized: true };
  const server = createServer(options, (incoming, answer) => {
    const peer = (incoming.socket as TLSSocket).getPeerX509Certificate();
    assert.ok(peer);
    answer.end(JSON.stringify(readIdentity(peer, { operators, viewers: [] })));
  });
  server.listen(0, "127.0.0.1");
  t.after(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function whoAmI(port: number, side: Partial<Side>, servername = "jamesd"): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const sent = request({ port, host: "127.0.0.1", servername, agent: false, ...side }, async (answer) => {
    resolve(JSON.parse(Buffer.concat(await answer.toArray()).toString("utf8")));
  });
  sent.on("error", reject).end();
  return promise;
}

async function fleet() {
  const pair = await makeAuthority(Date.now());
  const authority: Authority = await openAuthority(pair);
  const side = async (kind: CertificateKind, name: string, now = Date.now(), days = 10): Promise<Side> => {
    const { cert, key } = await issueCertificate(authority, { kind, name, days }, now);
    return { ca: pair.cert, cert, key };
  };
  return { ca: pair.cert, side };
}

test("the certificates shake hands and carry name and role", async (t) => {
  const { side } = await fleet();
  const port = await serve(t, await side("server", "jamesd"));
  for (const role of ["device", "operator", "viewer"] as const)
    assert.deepEqual(await whoAmI(port, await side(role, "it")), { name: "it", role });
  const device = await side("device", "it");
  assert.deepEqual(await whoAmI(port, device, "localhost"), { name: "it", role: "device" });
});

test("the server refuses: no certificate, another CA's, an expired one, a server's", async (t) => {
  const { ca, side } = await fleet();
  const other = await fleet();
  const port = await serve(t, await side("server", "jamesd"));
  const stranger = { ...(await other.side("operator", "it")), ca };
  const expired = await side("device", "it", Date.now() - 20 * DAY);
  const early = await side("device", "it", Date.now() + 20 * DAY);
  for (const refused of [{ ca }, stranger, expired, early, await side("server", "it")])
    await assert.rejects(whoAmI(port, refused), /alert|ECONNRESET|EPIPE|hang up/);
});

test("a client refuses a device, an operator, another CA or another name as the server", async (t) => {
  const { side } = await fleet();
  const other = await fleet();
  const device = await side("device", "it");
  for (const kind of ["device", "operator", "viewer"] as const)
    await assert.rejects(whoAmI(await serve(t, await side(kind, "jamesd")), device), {
      code: "INVALID_PURPOSE",
    });
  await assert.rejects(whoAmI(await serve(t, await other.side("server", "jamesd")), device), {
    code: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|UNABLE_TO_GET_ISSUER/,
  });
  await assert.rejects(whoAmI(await serve(t, await side("server", "elsewhere")), device), {
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
});

test("a person's own CA, made with plain openssl, works on both sides", {
  skip: withoutOpenssl,
}, async (t) => {
  const dir = scratch(t);
  ownCa(dir);
  ownLeaf(dir, "server", "/O=Acme/CN=jamesd", "-addext", "subjectAltName=DNS:jamesd");
  for (const name of ["device-7", "carol"]) ownLeaf(dir, name, `/O=Acme/OU=Berlin/CN=${name}`);
  const load = (name: string) => {
    const [ca, cert, key] = ["ca.crt", `${name}.crt`, `${name}.key`].map((file) => join(dir, file));
    return loadCredentials({ ca: ca ?? "", cert: cert ?? "", key: key ?? "" });
  };
  assert.match(readFileSync(join(dir, "ca.crt"), "utf8"), /BEGIN CERTIFICATE/);
  const { ca, cert, key } = load("server");
  const port = await serve(t, { ca, cert, key }, ["carol"]);
  assert.deepEqual(await whoAmI(port, load("device-7")), { name: "device-7", role: "device" });
  assert.deepEqual(await whoAmI(port, load("carol")), { name: "carol", role: "operator" });
});
