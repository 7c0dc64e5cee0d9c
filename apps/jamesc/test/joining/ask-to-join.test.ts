import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { issueCertificate, keyFingerprint, makeAuthority, openAuthority } from "@jamesd/pki";
import { askToJoin } from "../../src/joining/ask-to-join.ts";

const NEVER = new AbortController().signal;

/** Somebody who answers where a device asks to join: proves itself by one authority, and names others. @returns what was asked for, and what the device was told */
async function asked(proves: string, key: string, names: string, token: string) {
  const paths: string[] = [];
  const server = createServer({ cert: proves, key }, (request, response) => {
    paths.push(request.url ?? "");
    const joined = { certificate: "c", authorities: "a", device: "board-1" };
    const reply = request.url === "/v1/authorities" ? { authorities: names } : joined;
    response.writeHead(200).end(JSON.stringify(reply));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const joining = {
      server: { address: { host: "127.0.0.1", port }, serverName: "jamesd" },
      ...{ id: "board-1", key: undefined, ca: undefined, systemTags: [] },
      token: { id: "id", secret: "secret", authority: token },
    };
    const said = await askToJoin(joining, "request", NEVER).then(
      () => "joined",
      (thrown: Error & { code: string }) => thrown.code,
    );
    return { paths, said };
  } finally {
    server.close();
  }
}

async function makeServer() {
  const authority = await makeAuthority(Date.now());
  const request = { kind: "server", name: "jamesd" } as const;
  const { cert, key } = await issueCertificate(await openAuthority(authority), request, Date.now());
  return {
    ca: authority.cert,
    cert,
    key,
    fingerprint: keyFingerprint(new X509Certificate(authority.cert).publicKey),
  };
}

test("a token's secret goes to nobody but the server whose authority the token names", async () => {
  const [right, stranger] = [await makeServer(), await makeServer()];
  assert.deepEqual(await asked(right.cert, right.key, right.ca, right.fingerprint), {
    paths: ["/v1/authorities", "/v1/enrollments"],
    said: "joined",
  });
  const nothing = { paths: ["/v1/authorities"], said: "SERVER_IDENTITY" };
  for (const names of [stranger.ca, right.ca, right.ca + stranger.ca, stranger.ca + right.ca])
    assert.deepEqual(await asked(stranger.cert, stranger.key, names, right.fingerprint), nothing);
});

test("what is no certificate is believed of nobody", async () => {
  const right = await makeServer();
  for (const names of ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    const { paths, said } = await asked(right.cert, right.key, names, right.fingerprint);
    assert.deepEqual([paths, said], [["/v1/authorities"], "CERTIFICATE_INVALID"]);
  }
});
