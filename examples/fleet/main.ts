import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openAuthority } from "@jamesd/pki";
import { parseAddress } from "@jamesd/protocol";
import {
  compareAccounts,
  type Endpoint,
  identitiesOf,
  type Mark,
  Operator,
  perform,
  plotSvg,
  SimulatedFleet,
  type Stage,
} from "@jamesd/simulation";
import { programCommand, runProgram } from "@jamesd/testkit";
import { Live } from "./live.ts";
import { type Options, readOptions } from "./options.ts";
import { OwnServer } from "./own-server.ts";

// Usage: npm run fleet -- --help
const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const LIFE = { holdSeconds: 300, intervalMs: 60_000, pace: 1, systemtags: ["simulated"] };

async function makePki(folder: string): Promise<void> {
  if (existsSync(join(folder, "ca.key"))) return;
  mkdirSync(dirname(folder), { recursive: true });
  const flags = ["--dir", folder, "--init", "--add-server", "jamesd", "--add-operator", "admin"];
  const { code, stderr } = await runProgram([...programCommand("pkitool"), ...flags]);
  if (code !== 0) throw new Error(`pkitool: ${stderr}`);
}

/** Who says what is wanted, and the devices. */
async function makeFleet(options: Options, endpoint: Endpoint, read: (name: string) => string) {
  const { devices, mix, seed, arrivalsASecond, pki } = options;
  const ids = Array.from({ length: devices }, (_, i) => `device-${String(i).padStart(6, "0")}`);
  const authority = await openAuthority({ cert: read("ca.crt"), key: read("ca.key") });
  console.log(`${devices} certificates: those that are not in ${pki} are made now`);
  const cache = join(pki, "devices.json");
  const identities = await identitiesOf({ authority, ids, cache, now: Date.now() });
  const operator = new Operator(endpoint, { cert: read("admin.crt"), key: read("admin.key") });
  const fleet = new SimulatedFleet({ ...LIFE, seed, endpoint, mix, identities, arrivalsASecond });
  return { operator, fleet };
}

function stageOf(operator: Operator, fleet: SimulatedFleet, own: OwnServer | undefined): Stage {
  let version = 0;
  const needOwn = (): OwnServer => {
    if (own) return own;
    throw new Error("the server of --server is not restarted or stopped");
  };
  return {
    async want() {
      version += 1;
      fleet.wanted = await operator.want(version);
    },
    restart: () => needOwn().restart(),
    outage: (seconds) => needOwn().outage(seconds),
    async wake() {
      fleet.wakeAll();
    },
  };
}

/** Does all that the scenario says, and waits until all devices have what is wanted, or the time is over. */
async function play({ scenario, minutes }: Options, stage: Stage, fleet: SimulatedFleet, live: Live) {
  const marks: Mark[] = [];
  const now = (): number => fleet.sample().atMs;
  for (const act of scenario) {
    await sleep(Math.max(0, act.at * 1000 - now()));
    const what = act.what === "outage" ? `outage ${act.seconds} s` : act.what;
    marks.push({ atMs: now(), what });
    live.say(what);
    await perform(act, stage);
  }
  const isOver = (): boolean => fleet.sample().inSync === fleet.devices.length || now() > minutes * 60_000;
  while (!isOver()) await sleep(200);
  return marks;
}

async function run(options: Options): Promise<void> {
  const read = (name: string): string => readFileSync(join(options.pki, name), "utf8");
  await makePki(options.pki);
  const own = options.server === undefined ? await OwnServer.start(options.pki) : undefined;
  const { host, port } = own ? { host: "127.0.0.1", port: own.port } : parseAddress(options.server ?? "");
  const endpoint = { host: host || "127.0.0.1", port, serverName: "jamesd", ca: read("ca.crt") };
  try {
    const { operator, fleet } = await makeFleet(options, endpoint, read);
    try {
      await simulate(options, operator, fleet, own);
    } finally {
      operator.close();
    }
  } finally {
    await own?.stop();
  }
}

async function simulate(
  options: Options,
  operator: Operator,
  fleet: SimulatedFleet,
  own: OwnServer | undefined,
): Promise<void> {
  const versions = options.scenario.filter(({ what }) => what === "want").length;
  for (let version = 1; version <= versions; version += 1) await operator.addVersion(version, options.bytes);
  const { samples, marks, inSync } = await live(options, stageOf(operator, fleet, own), fleet);
  await tell(fleet, operator, inSync);
  const title = `${options.devices} devices, seed ${options.seed}`;
  if (options.plot !== undefined) writeFileSync(options.plot, plotSvg(samples, marks, title));
}

/** Has the devices live for as long as the scenario is played, whatever becomes of it. */
async function live(options: Options, stage: Stage, fleet: SimulatedFleet) {
  const shown = new Live(fleet);
  fleet.start();
  try {
    const marks = await play(options, stage, fleet, shown);
    return { samples: shown.samples, marks, inSync: fleet.sample().inSync };
  } finally {
    shown.stop();
    await fleet.stop();
  }
}

/** Says how it ended; a transaction that the server has not, or has twice, is a failure. */
async function tell(fleet: SimulatedFleet, operator: Operator, inSync: number): Promise<void> {
  const { done, checkIns, handshakes, failures, refused } = fleet.tally;
  const told = await operator.transactions();
  const { lost, doubled } = compareAccounts(done, told, (id) => fleet.clones.has(id));
  const refusals = [...refused].map(([code, count]) => `${code} ${count} times`).join(", ");
  console.log(`${inSync} of ${fleet.devices.length} devices have what is wanted`);
  console.log(`${checkIns} check-ins, ${handshakes} handshakes, ${failures} questions without an answer`);
  console.log(`refused: ${refusals || "nothing"}`);
  console.log(`${done.length} transactions, ${lost.length} lost, ${doubled.length} doubled`);
  if (lost.length + doubled.length > 0) process.exitCode = 1;
}

try {
  const options = readOptions(process.argv.slice(2), join(CHECKOUT, ".fleet/pki"));
  if (options) await run(options);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 2;
}
