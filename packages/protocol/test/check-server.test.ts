import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { Client, WIRE } from "@jamesd/protocol/operator";
import fc from "fast-check";
import { ownCa, ownLeaf, scratch, withoutOpenssl } from "../../pki/test/openssl.ts";
import { checkServer } from "../src/check-server.ts";

test("a client talks only to who has a certificate of a server: never to a device's, whatever the authority wrote", {
  skip: withoutOpenssl,
}, async (t) => {
  const dir = scratch(t);
  ownCa(dir);
  ownLeaf(dir, "me", "/CN=me");
  const names = "subjectAltName=DNS:jamesd";
  const both = "extendedKeyUsage=serverAuth,clientAuth";
  ownLeaf(dir, "good", "/O=Acme/OU=Berlin/CN=jamesd", "-addext", names, "-addext", both);
  ownLeaf(dir, "silent", "/CN=jamesd", "-addext", names);
  ownLeaf(dir, "device", "/OU=device/CN=jamesd", "-addext", names, "-addext", both);
  ownLeaf(dir, "many", "/OU=Berlin/OU=operator/CN=jamesd", "-addext", names, "-addext", both);
  const pem = (file: string) => readFileSync(join(dir, file), "utf8");

  const ping = async (who: string): Promise<unknown> => {
    const server = createServer({ cert: pem(`${who}.crt`), key: pem(`${who}.key`) }, (_, answer) =>
      answer.writeHead(204).end(),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
    const proof = { ca: pem("ca.crt"), cert: pem("me.crt"), key: pem("me.key") };
    const client = new Client({ wire: WIRE, address, serverName: "jamesd", ...proof });
    try {
      return await client.call("ping");
    } finally {
      client.close();
      server.close();
    }
  };
  await ping("good");
  await assert.rejects(ping("silent"), { code: "SERVER_IDENTITY", message: /does not say serverAuth/ });
  await assert.rejects(ping("device"), { code: "SERVER_IDENTITY", message: /its OU is device/ });
  await assert.rejects(ping("many"), { code: "SERVER_IDENTITY", message: /its OU is operator/ });
});

const word = fc.stringMatching(/^(?:xn--|\d|[a-c]|[A-C]|-|\*|"|, |ß|:){1,4}$/);
const someName = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(".")),
  fc.constantFrom("jamesd", "a.b", "127.0.0.1", "1.2", "::1", "xn--", "a.b.", ""),
);
const alternative = fc
  .tuple(fc.constantFrom("DNS:", "IP Address:", "URI:", ""), someName)
  .map(([kind, name]) => `${kind}${name}`);

/** A certificate of a server with these names. */
function named(subjectaltname: string): PeerCertificate {
  return {
    subject: { CN: "a" },
    subjectaltname,
    ext_key_usage: ["1.3.6.1.5.5.7.3.1"],
  } as unknown as PeerCertificate;
}

/** Whether a check says no. What cannot be read is no proof either. */
function refuses(check: typeof checkServer, name: string, certificate: PeerCertificate): boolean {
  try {
    return check(name, certificate) !== undefined;
  } catch {
    return true;
  }
}

test("who is the server by its name is the server by Node's own check, and nobody else", () => {
  fc.assert(
    fc.property(someName, fc.array(alternative, { maxLength: 3 }), fc.boolean(), (name, names, isSaid) => {
      const certificate = named([...names, ...(isSaid ? [`DNS:${name}`] : [])].join(", "));
      const ofNode = refuses(checkServerIdentity, name, certificate);
      assert.equal(refuses(checkServer, name, certificate), ofNode, certificate.subjectaltname);
    }),
    { numRuns: 3000 },
  );
  assert.ok(!refuses(checkServer, "jamesd", named("DNS:jamesd")));
});
