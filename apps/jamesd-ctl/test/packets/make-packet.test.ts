import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { makePacket } from "../../src/packets/make-packet.ts";
import { withServer } from "../answering-server.ts";

const BODY = { name: "vpn", tags: ["v1"], upload: sha256("archive"), conffiles: [] };

for (const [volatile, sent] of [
  [undefined, BODY],
  [[], BODY],
  [["opt/cache"], { ...BODY, volatile: ["opt/cache"] }],
] as const)
  test(`what is volatile is told a server when there is some: ${JSON.stringify(volatile)}`, () =>
    withServer(
      () => ({ status: 400, code: "ARCHIVE_NOT_RECOGNISED" }),
      async (client, asked) => {
        const body = { ...BODY, volatile: volatile && [...volatile] };
        const { signal } = new AbortController();
        await assert.rejects(makePacket(client, body, signal), { code: "ARCHIVE_NOT_RECOGNISED" });
        assert.deepEqual(JSON.parse((await asked[0]?.body) ?? ""), sent);
      },
    ));
