import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memoryFolder } from "@jamesd/testkit";
import { type Config, OPTIONS } from "../src/config.ts";
import { TestServer } from "./http-server.ts";

test("what is wrong with the configuration is said before the data folder is made", async () => {
  const dir = memoryFolder("jamesd-judged-");
  try {
    const [nothing, empty, secret] = [join(dir, "nothing"), join(dir, "empty"), join(dir, "secret")];
    writeFileSync(empty, "");
    writeFileSync(secret, `whsec_${Buffer.alloc(32).toString("base64")}\n`, { mode: 0o600 });
    const webhook = { webhook: ["https://localhost/hook"], webhookSecretFile: secret };
    const wrong: readonly (readonly [changed: Partial<Config>, code: string])[] = [
      [{ dashboardUrl: "https://fleet.example" }, "USAGE"],
      [{ enrollAddr: ":0" }, "USAGE"],
      [{ deviceCaKey: nothing }, "USAGE"],
      [{ deviceCa: nothing }, "FILE_UNREADABLE"],
      [{ crl: nothing }, "FILE_UNREADABLE"],
      [{ crl: empty }, "CERTIFICATE_INVALID"],
      [{ webhook: webhook.webhook }, "USAGE"],
      [{ ...webhook, webhook: ["http://fleet.example"] }, "USAGE"],
      [{ ...webhook, webhookEvents: ["nothing"] }, "USAGE"],
      [{ ...webhook, webhookSecretFile: empty }, "CONFIG_INVALID"],
      [{ ...webhook, webhookCa: nothing }, "FILE_UNREADABLE"],
      [{ ticketKeys: join(nothing, "keys") }, "USAGE"],
    ];
    const data = join(dir, "data");
    for (const [changed, code] of wrong) {
      await assert.rejects(TestServer.start([], { data, ...changed }), { code }, JSON.stringify(changed));
      assert.equal(existsSync(data), false, JSON.stringify(changed));
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("what is no address is refused as the options are read, which says of which", () => {
  for (const name of ["addr", "dashboardAddr", "enrollAddr", "metricsAddr"] as const)
    assert.throws(() => OPTIONS[name].parse("a b"), { code: "USAGE" }, name);
});
