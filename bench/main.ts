// Measures jamesd beside what it is compared with.
import { useBundles } from "@jamesd/testkit";
import { readCommandLine, refuse } from "../scripts/command-line.ts";
import { AGENT } from "./agent/agent.ts";
import type { Bench } from "./bench.ts";
import { CHECKIN } from "./checkin/checkin.ts";
import { CHECKIN_HELD } from "./checkin/held.ts";
import { DASHBOARD } from "./dashboard/dashboard.ts";
import { FLEET } from "./fleet/fleet.ts";
import { INSTALL } from "./install/install.ts";
import { JOIN } from "./join/join.ts";
import { describeMachine } from "./machine.ts";
import { KNOWN } from "./plan/known.ts";
import { PLAN } from "./plan/plan.ts";
import { formatSection, saveFinding } from "./results.ts";
import { ROLLOUT } from "./rollout/rollout.ts";
import { START } from "./start/start.ts";
import { TRANSFER } from "./transfer/transfer.ts";

const BENCHES: readonly Bench[] = [
  ...AGENT,
  ...[CHECKIN, CHECKIN_HELD, DASHBOARD, FLEET, INSTALL, JOIN, KNOWN, PLAN, ROLLOUT, START],
  ...TRANSFER,
];

function chosen(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return BENCHES;
  return names.flatMap((name) => {
    const named = BENCHES.filter((bench) => bench.name === name);
    const found = named.length > 0 ? named : BENCHES.filter((bench) => bench.name.startsWith(`${name}-`));
    if (found.length > 0) return found;
    return refuse(USAGE, `there is no bench ${name}`);
  });
}

const USAGE = `run bench -- [NAME...] [--devices N] [--save]

NAME is ${BENCHES.map(({ name }) => name).join(", ")}, or what some of them begin with.`;
const { values, positionals } = readCommandLine(USAGE, {
  options: { save: { type: "boolean" }, devices: { type: "string" } },
  allowPositionals: true,
});
const wishes = values.devices === undefined ? {} : { devices: Number(values.devices) };
const benches = chosen(positionals);
await using bundles = await useBundles();
console.error(`measuring ${bundles.what}`);
for (const bench of benches) {
  const finding = await bench.run(wishes);
  const [machine, date] = [describeMachine(), new Date()];
  console.log(formatSection(bench.name, finding, machine, date));
  if (values.save) saveFinding(bench.name, finding, machine, date);
}
