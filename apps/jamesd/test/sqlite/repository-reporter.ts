import { writeSync } from "node:fs";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allDevices } from "../repository/all-devices.ts";
import { deviceOf } from "../repository/repository.contract.ts";

// Started by gathering-kill.test.ts: many devices report at once, each again as soon as it was acknowledged, which is one line.
const [file = "", devices = "", reports = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);
const known = new Map((await allDevices(repository)).map(({ id, lastSeen }) => [id, lastSeen]));

async function reportAgain(device: string): Promise<void> {
  const from = known.get(device) ?? 0;
  for (let n = from + 1; n <= from + Number(reports); n += 1) {
    const event = { kind: "device-removed" as const, author: device, address: "10.0.0.1", device, time: n };
    await repository.devices.save([deviceOf(device, n)], [event]);
    writeSync(1, `${device} ${n}\n`);
  }
}

await Promise.all(Array.from({ length: Number(devices) }, (_, i) => reportAgain(`d${i}`)));
await repository.close();
