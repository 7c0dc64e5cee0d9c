import { writeSync } from "node:fs";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { deviceOf, own, packetOf, spec } from "../repository/repository.contract.ts";

// Started by repository-kill.test.ts: writes without end and prints one line for each thing that was acknowledged.
const [file = "", round = ""] = process.argv.slice(2);
// `node --test` without a pattern starts every file of a test folder; this one is for another test to start.
if (process.argv.length === 2) process.exit(0);
const repository = await openSqliteRepository(file);

function acknowledge(kind: string, value: unknown): void {
  let line = Buffer.from(`${JSON.stringify({ kind, value })}\n`);
  while (line.length > 0)
    try {
      line = line.subarray(writeSync(1, line));
    } catch (cause) {
      // The pipe is full: who reads it has not had its turn yet.
      if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") throw cause;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
}

for (let i = 0; ; i += 1) {
  const packet = packetOf(`p${round}`, [`v${i}`], `content ${i}`);
  const { info } = await repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: i });
  acknowledge("packet", { digest: packet.digest, sequence: info.sequence });
  const request = { author: "olga", address: "10.0.0.1", message: `${round}/${i}`, time: i };
  const wish = own(`d${i % 5}`, [{ name: `p${round}`, tags: [`v${i}`] }]);
  const { changed } = await repository.documents.commit(
    [wish, spec("all", [], wish.content?.apps ?? [])],
    request,
  );
  acknowledge("documents", changed);
  await repository.devices.save([deviceOf(`d${i % 5}`, i)], []);
  acknowledge("device", { id: `d${i % 5}`, lastSeen: i });
}
