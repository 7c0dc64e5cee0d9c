import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { uploadArchive } from "../../src/packets/upload.ts";
import { withServer } from "../answering-server.ts";

const BYTES = Buffer.from("an archive");
const ARCHIVE = {
  digest: sha256(BYTES),
  size: BYTES.length,
  open: (start: number) => Readable.from([BYTES.subarray(start)]),
};

test("an upload goes on until the server has all of it, and asks for no more than it has to", () =>
  withServer(
    (_, turn) => ({ offset: [2, 5, 5][turn] ?? BYTES.length }),
    async (client, asked) => {
      const sent: number[] = [];
      await uploadArchive(client, ARCHIVE, (bytes) => void sent.push(bytes), new AbortController().signal);
      const bodies = await Promise.all(asked.map(({ body }) => body));
      // Whoever was told 5 of 10 asks again.
      assert.deepEqual(bodies, ["", BYTES.subarray(2).toString(), "", BYTES.subarray(5).toString()]);
      assert.equal(sent.at(-1), BYTES.length);
    },
  ));
