import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { FORMATS } from "@jamesd/model";
import { getDevice } from "../../src/commands/get-device.ts";
import { type Answer, withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { device } from "../device.ts";

const YOU = { name: "anna", role: "operator", certEnds: 0, issuer: "CN=our CA" };
const ABOUT = { version: "1", formats: FORMATS, you: YOU };

/** Where the page of a device is, as a server that says this of itself has it. */
async function pageOf(about: Answer, id = "device-1"): Promise<unknown> {
  let given: unknown;
  await withServer(
    ({ path }) => (path === "/v1/about" ? about : device("in-sync", { id })),
    async (client) => {
      given = await getDevice.handler({ id, qr: true }, contextOf(client));
    },
  );
  return given;
}

suite("get-device --qr", () => {
  test("leads to the device's page in the server's dashboard, whatever its id", async () => {
    const dashboard = "https://fleet.example:8443";
    for (const [id, path] of [
      ["device-1", "device-1"],
      ["00:1a", "00%3A1a"],
      ["a?b#c%2F", "a%3Fb%23c%252F"],
      ["<é>\u202e\"'", "%3C%C3%A9%3E%E2%80%AE%22'"],
    ] as const) {
      const url = `${dashboard}/devices/${path}`;
      assert.deepEqual(await pageOf({ ...ABOUT, dashboard }, id), { data: { id, url }, link: url });
    }
  });

  test("says so of a server without a dashboard, and of one that does not say or says nonsense", async () => {
    for (const about of [
      ABOUT,
      { status: 404, code: "ROUTE_UNKNOWN" },
      { ...ABOUT, dashboard: "javascript:alert(1)" },
      { ...ABOUT, dashboard: "https://" },
    ])
      await assert.rejects(pageOf(about), { code: "DASHBOARD_NOT_OFFERED", hint: /--dashboard-url/ });
  });
});
