import { JamesError } from "@jamesd/model";
import type { FromThread } from "../src/ingest/packet-messages.ts";
import type { MakesPacket } from "../src/ingest/packet-thread.ts";
import { PacketWork } from "../src/ingest/packet-worker.ts";

/** Makes a packet in this thread, where a test sees each of its syncs. */
export const storeHere: MakesPacket = (task, loan) =>
  new Promise((resolve, reject) => {
    const work = new PacketWork(task, (message: FromThread) => {
      if (message.kind === "stored") resolve(message.stored);
      else if (message.kind === "refused") reject(JamesError.fromBody(message.error));
      else loan.hear(message).then((answer) => answer && work.hear(answer), reject);
    });
    work.hear({ kind: "make", request: task.request });
    work.run().catch(reject);
  });
