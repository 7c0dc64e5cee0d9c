import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ROUTES, type Route } from "@jamesd/protocol";
import fc from "fast-check";
import { shapeOf } from "../../../packages/protocol/src/shape-of.ts";
import { valuesOf } from "../../../packages/protocol/test/odd-values.ts";
import { NOTHING, report } from "./http-seed.ts";
import { TestServer } from "./http-server.ts";

const PARAMS: Readonly<Record<string, string>> = { digest: NOTHING, serial: "01", id: "device-1" };
let server: TestServer;

before(async () => {
  server = await TestServer.start();
  await report(server, "device-1");
});
after(() => server[Symbol.asyncDispose]());

for (const [name, { body, method, path, roles }] of Object.entries<Route>(ROUTES))
  if (body !== undefined && body !== "bytes")
    test(`law: no JSON that is sent to ${name} makes the server fail`, async () => {
      const shape = shapeOf(body);
      const who = roles.includes("device") ? "device-1" : "admin";
      const target = path.replaceAll(/:(\w+)/g, (_, param: string) => PARAMS[param] ?? "x");
      await fc.assert(
        fc.asyncProperty(fc.oneof(valuesOf(shape, 0), valuesOf(shape, 20)), async (made) => {
          const answer = await server.send(who, method, target, { body: made });
          const text = `${answer.status} ${answer.body}`;
          assert.ok(answer.status < 500, text);
          assert.doesNotMatch(text, /ROUTE_UNKNOWN/);
        }),
        { numRuns: 60 },
      );
    });
