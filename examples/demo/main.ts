import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve as resolvePath } from "node:path";
import { fileURLToPath } from "node:url";
import { readCommandLine } from "../../scripts/command-line.ts";
import { DEVICES, type DemoDevice, JOINING, PROVISIONED, RUNNABLE } from "./devices.ts";
import { prepareFolder } from "./folder.ts";
import { makeArchive, writeScripts } from "./packets.ts";
import { Programs } from "./programs.ts";
import { headline, typed, wrote } from "./say.ts";

const CHECKOUT = realpathSync(fileURLToPath(new URL("../../", import.meta.url)));
const DEFAULT_PORT = 2761;
const VERSIONS = ["0.28.1", "0.28.2"] as const;
const { values: options } = readCommandLine("start -- [--once] [--dir DIR] [--cache DIR]", {
  options: { once: { type: "boolean" }, dir: { type: "string" }, cache: { type: "string" } },
});
const RUN = resolvePath(options.dir ?? `${CHECKOUT}/.demo/run`);
const CACHE = resolvePath(options.cache ?? `${CHECKOUT}/.demo/cache`);

/** The port that the server should have, or any that is free when somebody else has that. */
function choosePort(wished: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", () => (wished === 0 ? reject(new Error("no port is free")) : resolve(choosePort(0))));
    probe.listen(wished, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : wished));
    });
  });
}

/** Where the server of the demo listens. */
interface Ports {
  readonly port: number;
  /** For devices that join. */
  readonly joining: number;
}

async function startAll(programs: Programs, { port, joining }: Ports): Promise<void> {
  headline(
    "Keys and certificates for a server, two devices and an operator; an authority for devices that join",
  );
  await programs.type("pkitool --init --init-device-ca --add-server jamesd --add-operator admin", false);
  await programs.type(`pkitool ${PROVISIONED.map(({ id }) => `--add-client ${id}`).join(" ")}`, false);

  headline("A server, and two devices that say what they are");
  const own = `--addr 127.0.0.1:${port} --data data --ca pki/ca.crt --cert pki/jamesd.crt --key pki/jamesd.key`;
  const devices = `--device-ca pki/device-ca.crt --device-ca-key pki/device-ca.key --enroll-addr 127.0.0.1:${joining}`;
  const server = `jamesd ${own} ${devices}`;
  typed(`${server} &`);
  await programs.daemon("jamesd", server, "ready");
  await openDashboard(programs);
  for (const device of PROVISIONED) {
    const files = `--ca pki/ca.crt --cert pki/${device.id}.crt --key pki/${device.id}.key`;
    await startAgent(programs, device, `--addr 127.0.0.1:${port} ${files}`);
  }

  headline(`${JOINING.id} has no key and no certificate: it joins by a token, and is given a tag with it`);
  const made = await programs.type(`jamesd-ctl enroll-token --id ${JOINING.id} --tags canary`);
  const token = /secret: (\S+)/.exec(made)?.[1] ?? "";
  const where = `--addr 127.0.0.1:${port} --enroll-addr 127.0.0.1:${joining} --id ${JOINING.id}`;
  await startAgent(programs, JOINING, `--enroll ${token} ${where}`);
  await programs.type("jamesd-ctl list-devices");
}

async function openDashboard(programs: Programs): Promise<void> {
  headline(
    "The dashboard: this address is good for a minute; jamesd-ctl dashboard gives another at any time",
  );
  const command = "jamesd-ctl dashboard --no-open";
  typed(`${command} &`);
  const address = programs.says("dashboard", "#token=");
  await programs.daemon("dashboard", command, "#token=");
  wrote(await address);
}

async function startAgent(programs: Programs, { id, tags }: DemoDevice, who: string): Promise<void> {
  mkdirSync(`${RUN}/${id}/root`, { recursive: true });
  const folders = `--install-root ${id}/root --state-dir ${id}/state --no-detect-tags --system-tags ${tags.join(",")}`;
  const agent = `jamesc ${who} ${folders}`;
  typed(`${agent} &`);
  await programs.daemon(id, agent, '"connected"');
}

async function lockOut(programs: Programs): Promise<void> {
  headline(`${JOINING.id} is stolen: it is locked out at once, whatever certificate it has or gets`);
  const refused = programs.says(JOINING.id, "CERTIFICATE_REVOKED");
  await programs.type(`jamesd-ctl revoke --id ${JOINING.id} --reason stolen`);
  wrote(await refused);
  if (options.once) return;
  headline("It is found again, and let in");
  await programs.type(`jamesd-ctl unrevoke --id ${JOINING.id}`, false);
}

async function upload(programs: Programs): Promise<void> {
  headline("Packets: esbuild in two versions for three architectures, from the npm registry");
  const scripts = writeScripts(RUN);
  for (const version of VERSIONS)
    for (const { arch, tags } of DEVICES) {
      const archive = await makeArchive(CACHE, RUN, arch, version);
      const packetTags = [`v${version}`, ...tags.slice(0, 1)].join(",");
      await programs.type(
        `jamesd-ctl --cmd add-packet --name esbuild --data ${archive} --tags ${packetTags} ${scripts}`,
        false,
      );
    }
  await programs.type("jamesd-ctl list-packets");
}

async function bring(programs: Programs, version: string): Promise<void> {
  for (const { id } of DEVICES) {
    writeFileSync(`${RUN}/${id}.yaml`, `id: ${id}\napps:\n- name: esbuild\n  tags:\n  - v${version}\n`);
    await programs.type(`jamesd-ctl --cmd set-desired-state --file ${id}.yaml --wait`, false);
  }
  await programs.type("jamesd-ctl list-devices");
  if (RUNNABLE) await showProgram(programs, RUNNABLE, version);
}

async function showProgram(programs: Programs, { id }: DemoDevice, version: string): Promise<void> {
  const said = await programs.type(`./${id}/root/usr/bin/esbuild --version`);
  if (said.trim() !== version)
    throw new Error(`the installed program says ${said.trim()} instead of ${version}`);
}

function sayNext(port: number): void {
  writeFileSync(
    `${RUN}/env.sh`,
    [
      `cd '${RUN}'`,
      `export PATH='${CHECKOUT}/bin':"$PATH" JAMESD_SERVER=127.0.0.1:${port}`,
      "export JAMESD_CA=pki/ca.crt JAMESD_CERT=pki/admin.crt JAMESD_KEY=pki/admin.key",
      "",
    ].join("\n"),
  );
  headline("All of it keeps running. In another shell:");
  const lines = [
    `. '${RUN}/env.sh'`,
    `jamesd-ctl get-state --id ${RUNNABLE?.id ?? "device-1"} > state.yaml`,
    `sed -i s/v${VERSIONS[1]}/v${VERSIONS[0]}/ state.yaml`,
    "jamesd-ctl set-desired-state --file state.yaml --wait --yes",
    ...(RUNNABLE ? [`./${RUNNABLE.id}/root/usr/bin/esbuild --version`] : []),
    "jamesd-ctl get-device --id device-1",
    "jamesd-ctl dashboard",
  ];
  for (const line of lines) typed(line);
  wrote(
    "Its variables can stand in ~/.config/jamesd/ctl.yaml as well, as `server:`, `ca:`, `cert:` and `key:`.",
  );
  wrote(`Ctrl-C here stops everything. Logs and the devices' files stay in ${RUN} until the next start.`);
}

async function main(): Promise<void> {
  await prepareFolder(RUN);
  const ports = { port: await choosePort(DEFAULT_PORT), joining: await choosePort(DEFAULT_PORT + 1) };
  const { port } = ports;
  const stopped = Promise.withResolvers<void>();
  const credentials = { JAMESD_CA: "pki/ca.crt", JAMESD_CERT: "pki/admin.crt", JAMESD_KEY: "pki/admin.key" };
  const programs = new Programs(RUN, { ...credentials, JAMESD_SERVER: `127.0.0.1:${port}` }, stopped.reject);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (options.once) stopped.reject(new Error(`${signal} came before its end`));
      else stopped.resolve();
    });
  // Nobody reads any more: the terminal was closed, or the pipe.
  process.stdout.on("error", stopped.reject);
  const show = async (): Promise<void> => {
    await startAll(programs, ports);
    await upload(programs);
    for (const [index, version] of VERSIONS.entries()) {
      headline(index === 0 ? `Install ${version} on all three` : `Upgrade all three to ${version}`);
      await bring(programs, version);
    }
    headline("What device-1 has, as the server knows it, and the scripts that ran there");
    await programs.type("jamesd-ctl --cmd get-state --id device-1");
    await programs.type("cat device-1/scripts.log");
    await lockOut(programs);
    if (options.once) return;
    sayNext(port);
    await stopped.promise;
  };
  try {
    // A signal or the death of a daemon ends the show wherever it is.
    await Promise.race([show(), stopped.promise]);
  } finally {
    await programs.stop();
  }
}

try {
  await main();
} catch (cause) {
  console.error(`\nThe demo failed: ${(cause as Error).message}`);
  process.exitCode = 1;
}
