import { readFileSync } from "node:fs";
import { Client, WIRE } from "@jamesd/protocol/operator";
import { type Endpoint, Operator } from "@jamesd/simulation";
import type { Sandbox } from "@jamesd/testkit";

/** Where the sandbox's server is, or another one on this machine with the same authority. */
export function endpointOf(sandbox: Sandbox, port = sandbox.port): Endpoint {
  return { host: "127.0.0.1", port, serverName: "jamesd", ca: read(sandbox, "ca.crt") };
}

/** The sandbox's operator `admin`, as a client of its server, or of another one on this machine with the same authority. */
export function connectOperator(sandbox: Sandbox, port = sandbox.port): Client {
  const { host, serverName, ca } = endpointOf(sandbox, port);
  return new Client({ wire: WIRE, address: { host, port }, serverName, ca, ...adminOf(sandbox) });
}

/** The same who says what a simulated fleet is to have. */
export function fleetOperator(sandbox: Sandbox, port = sandbox.port): Operator {
  return new Operator(endpointOf(sandbox, port), adminOf(sandbox));
}

function adminOf(sandbox: Sandbox) {
  return { cert: read(sandbox, "admin.crt"), key: read(sandbox, "admin.key") };
}

function read(sandbox: Sandbox, name: string): string {
  return readFileSync(sandbox.path("pki", name), "utf8");
}
