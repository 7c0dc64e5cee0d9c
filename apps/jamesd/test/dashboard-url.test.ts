import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { dashboardUrl, parseDashboardUrl } from "../src/dashboard-url.ts";

const NAMES = ["jamesd", "localhost", "127.0.0.1", "::1", "*.example.com", "192.0.2.7", "fleet.example.com"];

/** Where browsers find a dashboard that listens there, by a certificate with these names. */
function found(dashboardAddr: string, names: readonly string[] = NAMES): string | undefined {
  return dashboardUrl({ dashboardAddr, dashboardUrl: undefined }, names);
}

suite("where browsers find the dashboard", () => {
  test("is what is said, and nowhere without a dashboard", () => {
    const said = { dashboardUrl: "https://a.example" };
    assert.equal(dashboardUrl({ ...said, dashboardAddr: "127.0.0.1:8443" }, NAMES), "https://a.example");
    assert.equal(dashboardUrl({ ...said, dashboardAddr: undefined }, NAMES), undefined);
  });

  test("on every address it is the certificate's name of a domain, else its address", () => {
    for (const every of [":8443", "0.0.0.0:8443", "[::]:8443"]) {
      assert.equal(found(every), "https://fleet.example.com:8443");
      assert.equal(found(every, ["jamesd", "::1", "192.0.2.7"]), "https://192.0.2.7:8443");
      assert.equal(found(every, ["2001:db8:0:0:0:0:0:7"]), "https://[2001:db8::7]:8443");
      assert.equal(
        found(every, ["jamesd", "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "*.example.com"]),
        undefined,
      );
    }
  });

  test("on one address it is that one, when others can reach it", () => {
    assert.equal(found("198.51.100.1:443"), "https://198.51.100.1");
    assert.equal(found("[2001:db8::1]:8443"), "https://[2001:db8::1]:8443");
    assert.equal(found("fleet:8443"), "https://fleet:8443");
    for (const own of ["localhost:8443", "a.localhost:1", "127.1.2.3:8443", "[::1]:8443", "[fe80::1]:8443"])
      assert.equal(found(own), undefined, own);
    assert.equal(found("198.51.100.1:0"), undefined);
  });

  test("is said as an origin of https", () => {
    assert.equal(parseDashboardUrl("https://Fleet.example:8443/"), "https://fleet.example:8443");
    for (const wrong of [
      ...["", "fleet.example", "http://fleet.example", "https://a.example/jamesd", "https://a.example/?x"],
      ...["https://a:b@a.example", "https://a.example/#x", "javascript:alert(1)"],
    ])
      assert.throws(() => parseDashboardUrl(wrong), { code: "USAGE" }, wrong);
  });
});
