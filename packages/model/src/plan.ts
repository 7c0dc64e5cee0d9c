import type { Digest } from "./digest.ts";
import { type PacketSummary, packetLabel, SCRIPT_NAMES, type ScriptName } from "./packet.ts";
import type { InstalledApp } from "./state.ts";
import type { Tag } from "./tag.ts";

/** One thing to do with one app. `packet` is the digest of the packet whose script or files are meant. */
export type Step =
  | { readonly kind: "script"; readonly script: ScriptName; readonly app: string; readonly packet: Digest }
  | { readonly kind: "delete"; readonly app: string; readonly packet: Digest }
  | { readonly kind: "unpack"; readonly app: string; readonly packet: Digest };

export type StepKind = Step["kind"];

/** The way from what is installed to what is wanted. `apps` is what is installed when every step is done. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly apps: readonly InstalledApp[];
}

/** What planning needs to know of a packet: which scripts it has. Undefined when the catalogue no longer has it. */
export type ScriptsOf = (packet: Digest) => PacketSummary["scripts"] | undefined;

/**
 * The ordered steps from `installed` to `wanted`, in the seed's order: for every app that goes or changes `prerm`,
 * delete its files, `postrm`; then for every app that comes or changes `preinst`, unpack, `postinst`. Apps come in the
 * order of the wish and go in the opposite order of their coming. What is already right is left alone, but for the app
 * `again`, which goes and comes.
 */
export function makePlan(
  installed: readonly InstalledApp[],
  wanted: readonly InstalledApp[],
  scriptsOf: ScriptsOf,
  again?: string,
): Plan {
  const wantedPackets = new Map(wanted.map((app) => [app.name, app.digest]));
  const installedPackets = new Map(installed.map((app) => [app.name, app.digest]));
  const leaving = installed
    .filter((app) => wantedPackets.get(app.name) !== app.digest || app.name === again)
    .toReversed();
  const coming = wanted.filter((app) => installedPackets.get(app.name) !== app.digest || app.name === again);
  return {
    steps: [
      ...leaving.flatMap((app) => removeSteps(app, scriptsOf)),
      ...coming.flatMap((app) => installSteps(app, scriptsOf)),
    ],
    apps: wanted,
  };
}

function removeSteps(app: InstalledApp, scriptsOf: ScriptsOf): readonly Step[] {
  return [
    ...scriptStep("prerm", app, scriptsOf),
    { kind: "delete", app: app.name, packet: app.digest },
    ...scriptStep("postrm", app, scriptsOf),
  ];
}

function installSteps(app: InstalledApp, scriptsOf: ScriptsOf): readonly Step[] {
  return [
    ...scriptStep("preinst", app, scriptsOf),
    { kind: "unpack", app: app.name, packet: app.digest },
    ...scriptStep("postinst", app, scriptsOf),
  ];
}

function scriptStep(script: ScriptName, app: InstalledApp, scriptsOf: ScriptsOf): readonly Step[] {
  // A packet that was deleted from the server may still be installed: the device knows its scripts, so plan them all.
  const scripts = scriptsOf(app.digest) ?? SCRIPT_NAMES;
  return scripts.includes(script) ? [{ kind: "script", script, app: app.name, packet: app.digest }] : [];
}

/** A step in words, for people: `run preinst of openvpn`, or, with the packet's tags, `unpack openvpn [v1.0.0, armv7l]`. */
export function describeStep(step: Step, tags?: readonly Tag[]): string {
  const what = tags ? packetLabel({ name: step.app, tags }) : step.app;
  switch (step.kind) {
    case "script":
      return `run ${step.script} of ${what}`;
    case "delete":
      return `delete the files of ${what}`;
    case "unpack":
      return `unpack ${what}`;
  }
}
