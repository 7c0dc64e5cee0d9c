import { existsSync } from "node:fs";
import { freePort, type Program, programCommand, runProgram, type Sandbox } from "@jamesd/testkit";

/** A server that lets devices join: where, and how one asks. */
export interface JoiningServer {
  readonly server: Program;
  readonly enrollAddress: string;
  /** The flags of an agent that joins, without those by which it does; its state is the device's, and it has no files. */
  flags(device: string): readonly string[];
  /** Makes a token. */
  token(...flags: readonly string[]): Promise<string>;
}

/** Starts jamesd with a CA for devices and a listener for joining. */
export function startJoining(sandbox: Sandbox, ...flags: readonly string[]): Promise<JoiningServer> {
  return startAsking(sandbox, ["--device-ca-key", sandbox.path("pki/device-ca.key"), ...flags]);
}

/** The same without the key of the CA: who joins waits until its request is signed. */
export function startWithoutKey(sandbox: Sandbox): Promise<JoiningServer> {
  return startAsking(sandbox, []);
}

async function startAsking(sandbox: Sandbox, flags: readonly string[]): Promise<JoiningServer> {
  if (!existsSync(sandbox.path("pki/device-ca.crt"))) await sandbox.pkitool("--init-device-ca");
  const enrollAddress = `127.0.0.1:${await freePort()}`;
  const deviceCa = ["--device-ca", sandbox.path("pki/device-ca.crt")];
  const server = await sandbox.startServer(...deviceCa, "--enroll-addr", enrollAddress, ...flags);
  return {
    server,
    enrollAddress,
    flags: (device) => [...sandbox.agentFlags(device, ["x"]), "--enroll-addr", enrollAddress, "--id", device],
    async token(...given) {
      const printed = await sandbox.ctlOk("enroll-token", ...given, "--output", "json");
      return (JSON.parse(printed) as { secret: string }).secret;
    },
  };
}

/** Joins with a token on standard input and checks in once. */
export function joinOnce(sandbox: Sandbox, flags: readonly string[], token: string) {
  const command = [...programCommand("jamesc"), ...flags, "--enroll", "-", "--once"];
  return runProgram(command, { cwd: sandbox.dir, input: `${token}\n` });
}
