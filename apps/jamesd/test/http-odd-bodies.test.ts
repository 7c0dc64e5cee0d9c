import assert from "node:assert/strict";
import { after } from "node:test";
import { ENROLL_ROUTES, ROUTES, type Route } from "@jamesd/protocol";
import { IS_WHOLE, seedFor, sweepTest } from "@jamesd/testkit";
import fc from "fast-check";
import { shapeOf } from "../../../packages/protocol/src/shape-of.ts";
import { valuesOf } from "../../../packages/protocol/test/odd-values.ts";
import { Enrolling } from "./enrolling.ts";
import { NOTHING, report } from "./http-seed.ts";
import type { Answer } from "./http-server.ts";

const PARAMS: Readonly<Record<string, string>> = { digest: NOTHING, serial: "01", id: "device-1" };

let started: Promise<Enrolling> | undefined;
after(async () => (await started)?.[Symbol.asyncDispose]());

/** Started by the first law. Where there is none in a part of the sweeps, Node would run `before` and never `after`. */
function fleet(): Promise<Enrolling> {
  started ??= (async () => {
    const made = await Enrolling.start();
    await report(made.server, "device-1");
    return made;
  })();
  return started;
}

type Send = (body: unknown) => Promise<Answer>;

/** Holds that whatever is sent to a route, it is taken or refused. */
function law(name: string, { body }: Route, sendTo: (fleet: Enrolling) => Send): void {
  if (body === undefined || body === "bytes") return;
  sweepTest(`law: no JSON that is sent to ${name} makes the server fail`, {}, async () => {
    const shape = shapeOf(body);
    const send = sendTo(await fleet());
    await fc.assert(
      fc.asyncProperty(fc.oneof(valuesOf(shape, 0), valuesOf(shape, 20)), async (made) => {
        const answer = await send(made);
        const text = `${answer.status} ${answer.body}`;
        assert.ok(answer.status < 500, text);
        assert.doesNotMatch(text, /ROUTE_UNKNOWN/);
      }),
      { numRuns: IS_WHOLE ? 60 : 20, seed: seedFor(name) },
    );
  });
}

for (const [name, route] of Object.entries<Route>(ROUTES))
  law(name, route, ({ server }) => {
    const who = route.roles.includes("device") ? "device-1" : "admin";
    const path = route.path.replaceAll(/:(\w+)/g, (_, param: string) => PARAMS[param] ?? "x");
    return (body) => server.send(who, route.method, path, { body });
  });
for (const [name, route] of Object.entries<Route>(ENROLL_ROUTES))
  law(name, route, (fleet) => (body) => fleet.ask(route.method, route.path, body));
