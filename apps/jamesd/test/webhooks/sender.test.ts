import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { memoryFolder } from "@jamesd/testkit";
import { receiversOf } from "../../src/webhooks/receiver.ts";
import { Sender } from "../../src/webhooks/sender.ts";
import { Listening } from "./listening.ts";

const EVENT = {
  kind: "device-removed",
  sequence: 1,
  time: 2,
  author: "a",
  address: "",
  device: "d",
} as const;

test("a receiver proves by TLS who it is, before it is told anything", async (t) => {
  const folder = memoryFolder("jamesd-sender-");
  t.after(() => rmSync(folder, { recursive: true }));
  const [pair, other] = [await makeAuthority(Date.now()), await makeAuthority(Date.now())];
  const san = ["127.0.0.1"];
  const issued = await issueCertificate(
    await openAuthority(pair),
    { kind: "server", name: "hooks", san },
    Date.now(),
  );
  const [secrets, ca] = [join(folder, "secrets"), join(folder, "ca.crt")];
  writeFileSync(secrets, `whsec_${Buffer.alloc(24).toString("base64")}`);
  await using receiver = await Listening.start(issued);
  const [to] = receiversOf([receiver.url.replace("http:", "https:")], false);
  const [misnamed] = receiversOf([`https://localhost:${receiver.port}/`], false);
  assert.ok(to && misnamed);
  const { signal } = new AbortController();
  const sender = new Sender({ secrets, ca: undefined }, Date.now);
  await assert.rejects(sender.send(to, EVENT, signal), /self-signed|unable to/);
  writeFileSync(ca, other.cert);
  const trusting = new Sender({ secrets, ca }, Date.now);
  await assert.rejects(trusting.send(to, EVENT, signal), /self-signed|unable to/);
  assert.deepEqual(receiver.heard, []);
  // Another file is read without a new start.
  writeFileSync(ca, pair.cert);
  assert.equal(await trusting.send(to, EVENT, signal), 204);
  await assert.rejects(trusting.send(misnamed, EVENT, signal), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  assert.equal(receiver.heard.length, 1);
  writeFileSync(ca, "none");
  assert.throws(() => new Sender({ secrets, ca }, Date.now), { code: "CERTIFICATE_INVALID" });
  rmSync(ca);
  assert.throws(() => new Sender({ secrets, ca }, Date.now), {
    code: "FILE_UNREADABLE",
    hint: "Name the file with --webhook-ca, and see that this user may read it.",
  });
});
