import assert from "node:assert/strict";
import { test } from "node:test";
import { ROUTES, type Route } from "@jamesd/protocol";
import { z } from "zod";
import { parseSizedBody } from "../src/http/request-parts.ts";

test("of a body whose items are all wrong no more are judged than are told, also of a short one", async () => {
  let judged = 0;
  const item = z.unknown().refine(() => {
    judged += 1;
    return false;
  });
  const route: Route = { ...ROUTES.apply, body: z.object({ items: z.array(item) }) };
  const body = { items: Array.from({ length: 100_000 }, () => 1) };
  const bytes = JSON.stringify(body).length;
  assert.ok(bytes < 512 * 1024);
  await assert.rejects(parseSizedBody(route, body, bytes), {
    code: "REQUEST_INVALID",
    message: /^the request is not valid: items\.0: /,
  });
  assert.equal(judged, 1);
});
