import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  describeStep,
  type InstalledApp,
  makePlan,
  SCRIPT_NAMES,
  type ScriptName,
  type Step,
  sha256,
} from "@jamesd/model";
import fc from "fast-check";
import { apps } from "./arbitraries.ts";

const all = () => SCRIPT_NAMES;

/** Which scripts each packet has; undefined for one that the catalogue has lost. */
const scripts = fc.func(fc.option(fc.subarray([...SCRIPT_NAMES]), { nil: undefined }));

// What a device does with a plan, on a table of what is unpacked where.
function carriedOut(installed: readonly InstalledApp[], steps: readonly Step[]): Map<string, string> {
  const device = new Map(installed.map((app) => [app.name, app.digest]));
  for (const step of steps) {
    if (step.kind === "delete") {
      assert.equal(device.get(step.app), step.packet, "only what is there is deleted");
      device.delete(step.app);
    }
    if (step.kind === "unpack") {
      assert.ok(!device.has(step.app), "the old one is out before the new one comes in");
      device.set(step.app, step.packet);
    }
  }
  return device;
}

function words(step: Step): string {
  return step.kind === "script" ? step.script : step.kind;
}

describe("an app that is installed again", () => {
  test("law: goes and comes in its place where it is to stay, and changes nothing where it goes or comes anyway", () => {
    fc.assert(
      fc.property(
        apps,
        apps,
        scripts,
        fc.constantFrom("a", "b", "c"),
        (installed, wanted, scriptsOf, again) => {
          const { steps } = makePlan(installed, wanted, scriptsOf, again);
          const device = carriedOut(installed, steps);
          assert.deepEqual(device, new Map(wanted.map((app) => [app.name, app.digest])));
          const plain = makePlan(installed, wanted, scriptsOf).steps;
          const isThere = installed.some(({ name, digest }) =>
            wanted.some((app) => name === again && app.name === name && app.digest === digest),
          );
          const others = isThere ? steps.filter(({ app }) => app !== again) : steps;
          assert.deepEqual(others, plain);
          const kinds = steps.filter(({ app }) => app === again).map(({ kind }) => kind);
          if (isThere)
            assert.deepEqual(
              kinds.filter((kind) => kind !== "script"),
              ["delete", "unpack"],
            );
        },
      ),
    );
  });
});

describe("the seed's order", () => {
  const [old, next] = [sha256("v0.9.9"), sha256("v1.0.0")];
  const openvpn = (digest: string) => [{ name: "openvpn", tags: [], digest }];

  test("an upgrade takes the old version out, then brings the new one in", () => {
    const { steps } = makePlan(openvpn(old), openvpn(next), all);
    assert.deepEqual(steps, [
      { kind: "script", script: "prerm", app: "openvpn", packet: old },
      { kind: "delete", app: "openvpn", packet: old },
      { kind: "script", script: "postrm", app: "openvpn", packet: old },
      { kind: "script", script: "preinst", app: "openvpn", packet: next },
      { kind: "unpack", app: "openvpn", packet: next },
      { kind: "script", script: "postinst", app: "openvpn", packet: next },
    ]);
    assert.deepEqual(
      steps.map((step) => describeStep(step)),
      [
        "run prerm of openvpn",
        "delete the files of openvpn",
        "run postrm of openvpn",
        "run preinst of openvpn",
        "unpack openvpn",
        "run postinst of openvpn",
      ],
    );
    assert.deepEqual(
      steps.slice(2, 5).map((step) => describeStep(step, step.packet === old ? [] : ["v1.0.0", "armv7l"])),
      [
        "run postrm of openvpn []",
        "run preinst of openvpn [v1.0.0, armv7l]",
        "unpack openvpn [v1.0.0, armv7l]",
      ],
    );
  });

  test("apps come in the order of the wish and go the other way round", () => {
    const both = [...openvpn(old), { name: "nginx", tags: [], digest: next }];
    const none = () => [];
    assert.deepEqual(
      makePlan([], both, none).steps.map((step) => describeStep(step)),
      ["unpack openvpn", "unpack nginx"],
    );
    assert.deepEqual(
      makePlan(both, [], none).steps.map((step) => describeStep(step)),
      ["delete the files of nginx", "delete the files of openvpn"],
    );
  });

  test("a wish in other words for the packet that is there moves no file", () => {
    const renamed = [{ name: "openvpn", tags: ["stable"], digest: old }];
    assert.deepEqual(makePlan(openvpn(old), renamed, all), { steps: [], apps: renamed });
  });

  test("a packet that the catalogue has lost is planned with every script", () => {
    const { steps } = makePlan(openvpn(old), [], () => undefined);
    assert.deepEqual(steps.map(words), ["prerm", "delete", "postrm"]);
  });
});

describe("laws of planning", () => {
  test("what is right needs nothing", () => {
    fc.assert(
      fc.property(apps, scripts, (installed, scriptsOf) => {
        assert.deepEqual(makePlan(installed, installed.toReversed(), scriptsOf).steps, []);
      }),
    );
  });

  test("carried out it gives what is wanted, and then there is nothing left to plan", () => {
    fc.assert(
      fc.property(apps, apps, scripts, (installed, wanted, scriptsOf) => {
        const plan = makePlan(installed, wanted, scriptsOf);
        assert.deepEqual(plan.apps, wanted);
        const device = carriedOut(installed, plan.steps);
        assert.deepEqual(
          [...device].sort(),
          wanted.map((app) => [app.name, app.digest] as [string, string]).sort(),
        );
        assert.deepEqual(makePlan(plan.apps, wanted, scriptsOf).steps, []);
      }),
    );
  });

  test("only what goes, comes or changes is touched", () => {
    fc.assert(
      fc.property(apps, apps, scripts, (installed, wanted, scriptsOf) => {
        const kept = installed.filter((app) =>
          wanted.some((other) => other.name === app.name && other.digest === app.digest),
        );
        const touched = new Set(makePlan(installed, wanted, scriptsOf).steps.map((step) => step.app));
        for (const app of kept) assert.ok(!touched.has(app.name));
      }),
    );
  });

  test("every removal comes before every install, and each keeps its own order", () => {
    const removal = ["prerm", "delete", "postrm"];
    const install = ["preinst", "unpack", "postinst"];
    fc.assert(
      fc.property(apps, apps, scripts, (installed, wanted, scriptsOf) => {
        const { steps } = makePlan(installed, wanted, scriptsOf);
        const turn = steps.findIndex((step) => install.includes(words(step)));
        const [out, into] = turn < 0 ? [steps, []] : [steps.slice(0, turn), steps.slice(turn)];
        for (const [part, order] of [
          [out, removal],
          [into, install],
        ] as const)
          for (const [app, own] of Map.groupBy(part, (step) => step.app)) {
            const places = own.map((step) => order.indexOf(words(step)));
            assert.deepEqual(places, [...new Set(places)].toSorted(), `${app}: ${own.map(words)}`);
            assert.ok(places.includes(1), "with its files, not the scripts alone");
            const first = part.findIndex((step) => step.app === app);
            assert.deepEqual(part.slice(first, first + own.length), own, "one app after the other");
          }
      }),
    );
  });

  test("a script is run exactly where its packet has it, or where nobody knows", () => {
    fc.assert(
      fc.property(apps, apps, scripts, (installed, wanted, scriptsOf) => {
        const { steps } = makePlan(installed, wanted, scriptsOf);
        const has = (packet: string, script: ScriptName) =>
          (scriptsOf(packet) ?? SCRIPT_NAMES).includes(script);
        const ran = (app: string, packet: string, script: ScriptName) =>
          steps.some(
            (step) =>
              step.kind === "script" && step.app === app && step.packet === packet && step.script === script,
          );
        for (const { kind, app, packet } of steps) {
          const around: ScriptName[] =
            kind === "delete" ? ["prerm", "postrm"] : kind === "unpack" ? ["preinst", "postinst"] : [];
          for (const script of around) assert.equal(ran(app, packet, script), has(packet, script));
        }
      }),
    );
  });
});
