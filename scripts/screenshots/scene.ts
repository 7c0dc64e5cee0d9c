import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openAuthority } from "@jamesd/pki";
import type { PacketInfo, Rollout } from "@jamesd/protocol";
import { HEALTHY, identitiesOf, SimulatedFleet } from "@jamesd/simulation";
import { runProgram, waitFor } from "@jamesd/testkit";
import type { Demo } from "./demo.ts";

const ARM = ["armv7l", "musl-1.2", "openrc"];
const ARM64 = ["aarch64", "glibc-2.31", "systemd"];
/** Simulated devices beside the three of the demo, by what they say of themselves. */
const GROUPS = [
  { ids: ["gw-1"], tags: [...ARM, "lyon", "canary"], isAway: false },
  { ids: ["gw-2", "gw-3", "gw-4"], tags: [...ARM, "lyon"], isAway: false },
  { ids: ["cam-1", "cam-2", "cam-3"], tags: [...ARM64, "berlin"], isAway: false },
  // These are switched off before anything changes.
  { ids: ["cam-4", "cam-5"], tags: [...ARM64, "berlin"], isAway: true },
] as const;

const ALL = 12;

/** The real device on which the new version does not start. */
const FAILING = "device-2";
const DRIFTING = "device-1";
const STOPPED = `#!/bin/sh
echo "webui: starting on port 8443"
[ "$JAMES_DEVICE" != ${FAILING} ] || { echo "webui: cannot bind 0.0.0.0:8443: address already in use"; exit 1; }
`;

/** What there is to see. */
export interface Scene extends AsyncDisposable {
  /** The revision whose rollout is under way. */
  readonly rollout: number;
  /** The digests of the packets of `webui`, newest first. */
  readonly packets: readonly string[];
}

/** Adds to a demo what is worth looking at: nine more devices, a change that spreads in waves and fails on one, drift. */
export async function setScene(demo: Demo): Promise<Scene> {
  const fleets = await startFleets(demo);
  const end = async (): Promise<void> => {
    await Promise.all(fleets.map(({ fleet }) => fleet.stop()));
  };
  try {
    await want(demo, "v1.4.0", "The web interface, everywhere");
    await devicesLike(demo, ALL, "--sync", "in-sync");
    await Promise.all(fleets.filter(({ isAway }) => isAway).map(({ fleet }) => fleet.stop()));
    await want(demo, "v1.5.0", "Log in with a certificate", ...WAVES);
    await drift(demo);
    const rollout = await spread(demo);
    const packets = JSON.parse(await demo.type("list-packets", "--name", "webui", "--output", "json"));
    return {
      rollout,
      packets: (packets as PacketInfo[]).map(({ digest }) => digest),
      [Symbol.asyncDispose]: end,
    };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}

const WAVES = ["--waves", "tag:canary,tag:berlin,100%", "--failures", "30%"];

async function startFleets(demo: Demo) {
  const authority = await openAuthority({ cert: demo.read("pki/ca.crt"), key: demo.read("pki/ca.key") });
  const fleets = GROUPS.map(async ({ ids, tags, isAway }) => {
    const identities = await identitiesOf({ authority, ids, cache: undefined, now: Date.now() });
    const life = { holdSeconds: 300, intervalMs: 60_000, pace: 1, arrivalsASecond: 10, mix: HEALTHY };
    const { endpoint } = demo;
    const fleet = new SimulatedFleet({ seed: "scene", endpoint, identities, systemtags: tags, ...life });
    fleet.start();
    return { fleet, isAway };
  });
  for (const [id, tag] of [
    [FAILING, "berlin"],
    [DRIFTING, "lyon"],
  ] as const)
    await demo.type("tag-device", "--id", id, "--add", tag, "--yes");
  return Promise.all(fleets);
}

/** Uploads a version and wants it everywhere. */
async function want(demo: Demo, version: string, message: string, ...waves: readonly string[]) {
  await upload(demo, version);
  const spec = `kind: spec\nid: web\nselector: []\napps:\n- name: webui\n  tags: [${version}]\n`;
  writeFileSync(join(demo.folder, "web.yaml"), spec);
  await demo.type("apply", "--file", "web.yaml", "--message", message, "--yes", ...waves);
}

async function upload(demo: Demo, version: string): Promise<void> {
  const tree = join(demo.folder, `webui-${version}`);
  const share = join(tree, "usr/share/webui");
  mkdirSync(share, { recursive: true });
  writeFileSync(join(share, "index.html"), `<!doctype html>\n<title>webui ${version}</title>\n`);
  writeFileSync(join(share, `app-${version}.js`), `console.log("${version}");\n`);
  writeFileSync(join(demo.folder, "start.sh"), version === "v1.5.0" ? STOPPED : "#!/bin/sh\necho started\n");
  const archive = `${tree}.tar.gz`;
  const { code, stderr } = await runProgram(["tar", "-czf", archive, "-C", tree, "."]);
  if (code !== 0) throw new Error(`tar: ${stderr}`);
  const packet = ["--name", "webui", "--tags", version, "--data", archive, "--postinst", "start.sh"];
  await demo.type("add-packet", ...packet);
}

/** Somebody edits a file on a device. */
async function drift(demo: Demo): Promise<void> {
  appendFileSync(join(demo.folder, DRIFTING, "root/usr/share/doc/esbuild/README.md"), "mine\n");
  await demo.type("verify", "--id", DRIFTING, "--wait");
}

/** Waits until so many devices are like that. */
async function devicesLike(demo: Demo, count: number, ...filter: readonly string[]): Promise<void> {
  await waitFor(`${count} devices with ${filter.join(" ")}`, async () => {
    const found = JSON.parse(await demo.type("list-devices", ...filter, "--output", "json"));
    return (found as readonly unknown[]).length === count ? true : undefined;
  });
}

/** Opens the second wave, and waits until it has failed where it does. @returns the rollout */
async function spread(demo: Demo): Promise<number> {
  const [{ revision }] = JSON.parse(await demo.type("list-rollouts", "--output", "json"));
  const promote = ["promote-rollout", "--revision", `${revision}`, "--wave", "2", "--yes"];
  await demo.type(...promote, "--message", "The canaries look good");
  await waitFor("the rollout to come as far as it comes", async () => {
    const said = await demo.type("get-rollout", "--revision", `${revision}`, "--output", "json");
    const counts = (JSON.parse(said) as Rollout).perWave[1]?.counts;
    return counts && counts.failed === 1 && counts.done === 3 ? true : undefined;
  });
  return revision;
}
