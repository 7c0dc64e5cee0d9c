// Opens the device of a folder and carries out the plan in it; started by crash.test.ts under strace, which kills it.
import { readFileSync } from "node:fs";
import { Device } from "../../src/transaction/index.ts";
import { DEVICE_OPTIONS, NEVER, ownProgram, Shelf } from "./fixture.ts";

const [dir = "", mode] = process.argv.slice(2);
const { plan, packets, blobs, own } = JSON.parse(readFileSync(`${dir}/job.json`, "utf8"));
const shelf = new Shelf();
for (const packet of packets) shelf.packets.set(packet.digest, packet);
for (const [digest, content] of blobs) shelf.blobs.set(digest, Buffer.from(content, "base64"));
const device = await Device.open({
  ...DEVICE_OPTIONS,
  installRoot: `${dir}/root`,
  stateDir: `${dir}/state`,
  ...(own && { own: { ...ownProgram(`${dir}/root/${own}`), start: "launched" } }),
});
if (
  mode !== "recover" &&
  device.installed.map(({ digest }) => digest).join() !==
    plan.apps.map(({ digest }: { digest: string }) => digest).join()
)
  await device.carryOut(plan, shelf, NEVER).catch((thrown) => {
    if (thrown.code !== "AGENT_REPLACED") throw thrown;
  });
