import { parseArgs } from "node:util";
import { type Act, type Mix, parseScenario, usualScenario } from "@jamesd/simulation";

/** What the command line of `npm run fleet` says. */
export interface Options {
  readonly devices: number;
  readonly mix: Mix;
  readonly seed: string;
  readonly minutes: number;
  readonly scenario: readonly Act[];
  readonly arrivalsASecond: number;
  /** Of the large file of each version. */
  readonly bytes: number;
  /** A file for the picture. */
  readonly plot: string | undefined;
  /** HOST:PORT of a server that runs already, instead of one of its own. */
  readonly server: string | undefined;
  /** A folder with ca.crt, ca.key, admin.crt and admin.key, or where they are to be made. */
  readonly pki: string;
}

const HELP = `Usage: npm run fleet -- [OPTION...]

A fleet of simulated devices at a real server: each has a certificate and a connection of its own, gets real plans and
real contents, compares them with their digests, and reports. Its files are nowhere, and its scripts do nothing.

  --devices N        how many (1000)
  --minutes M        for how long at most (2)
  --seed WORD        what is like by chance is the same again for the same word (fleet)
  --fail P           chance of each transaction that a script fails, from 0 to 1 (0.02)
  --bad P            share of devices on which every update fails (0)
  --slow P           share of devices with a slow line (0.05)
  --offline P        share of devices that are away until "wake" (0.05)
  --churn P          share of devices that lose their connection, each minute (0.1)
  --clones N         devices of which there are two machines (0)
  --arrivals N       so many devices come each second (300)
  --bytes N          size of each version's large file (20000)
  --scenario LIST    what is done, such as want@5,want@40,restart@45,outage=15@70,wake@90: a first
                     version after 5 seconds, another after 40, the server killed after 45, no
                     answers for 15 seconds after 70, those that are away come after 90
  --plot FILE.svg    a picture of how the fleet came to what was wanted
  --server HOST:PORT a server that runs already (named jamesd in its certificate), with its --pki;
                     then nothing restarts it
  --pki DIR          folder of its authority, with ca.key to make the devices' certificates, which
                     are kept there for the next time (.fleet/pki)
`;

const FLAGS = {
  devices: "1000",
  minutes: "2",
  seed: "fleet",
  fail: "0.02",
  bad: "0",
  slow: "0.05",
  offline: "0.05",
  churn: "0.1",
  clones: "0",
  arrivals: "300",
  bytes: "20000",
} as const;

/** Reads the command line; undefined: help was asked for, and shown. @throws Error that says what is wrong */
export function readOptions(args: readonly string[], pki: string): Options | undefined {
  const own = Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: "string" as const }]));
  const others = {
    scenario: { type: "string" },
    plot: { type: "string" },
    server: { type: "string" },
  } as const;
  const last = { pki: { type: "string" }, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ args: [...args], options: { ...own, ...others, ...last } });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const said = { ...FLAGS, ...values } as Readonly<Record<keyof typeof FLAGS, string>>;
  const number = (name: Exclude<keyof typeof FLAGS, "seed">): number => numberOf(name, said[name]);
  const share = (name: "fail" | "bad" | "slow" | "offline" | "churn"): number => shareOf(name, number(name));
  const minutes = number("minutes");
  return {
    devices: number("devices"),
    mix: {
      ...{ fail: share("fail"), bad: share("bad"), slow: share("slow") },
      ...{ offline: share("offline"), churn: share("churn"), clones: number("clones") },
    },
    ...{ seed: said.seed, minutes, arrivalsASecond: number("arrivals"), bytes: number("bytes") },
    scenario: scenarioOf(values.scenario, minutes, values.server !== undefined),
    ...{ plot: values.plot, server: values.server, pki: values.pki ?? pki },
  };
}

/** What is done; a server that is somebody else's is not stopped. */
function scenarioOf(text: string | undefined, minutes: number, isGiven: boolean): readonly Act[] {
  const stops = ({ what }: Act): boolean => what === "restart" || what === "outage";
  if (text === undefined) return usualScenario(minutes).filter((act) => !isGiven || !stops(act));
  const acts = parseScenario(text);
  if (isGiven && acts.some(stops)) throw new Error("the server of --server is not restarted or stopped");
  return acts;
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${name} ${text} is no number`);
}

function shareOf(name: string, share: number): number {
  if (share <= 1) return share;
  throw new Error(`--${name} ${share} is no share from 0 to 1`);
}
