import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memoryFolder } from "@jamesd/testkit";
import { readSecrets, signatureOf } from "../../src/webhooks/signature.ts";

test("a signature is the one of the standard, of each secret", (t) => {
  const folder = memoryFolder("jamesd-secrets-");
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "secrets");
  // From the reference libraries of Standard Webhooks.
  const known = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
  const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  writeFileSync(path, `${known}\n`);
  assert.equal(signatureOf(signed, readSecrets(path)), signature);
  writeFileSync(path, `whsec_${Buffer.alloc(32).toString("base64")}\r\n\n${known}`);
  assert.match(signatureOf(signed, readSecrets(path)), /^v1,\S{44} v1,g0hM9SsE\S+$/);
  const short = `whsec_${Buffer.alloc(23).toString("base64")}`;
  for (const bad of ["", "secret", `${known}!`, short, `${known}\n${short}`, `${known}\n`.repeat(5)]) {
    writeFileSync(path, bad);
    assert.throws(() => readSecrets(path), { code: "CONFIG_INVALID" }, bad);
  }
  assert.throws(() => readSecrets(join(folder, "none")), {
    code: "FILE_UNREADABLE",
    hint: "Name the file with --webhook-secret-file, and see that this user may read it.",
  });
});
