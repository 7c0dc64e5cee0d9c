import { readFileSync } from "node:fs";
import { Client, WIRE } from "@jamesd/protocol";
import type { Sandbox } from "@jamesd/testkit";

/** The sandbox's operator `admin`, as a client of its server, or of another one on this machine with the same authority. */
export function connectOperator(sandbox: Sandbox, port = sandbox.port): Client {
  const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
  return new Client({
    wire: WIRE,
    address: { host: "127.0.0.1", port },
    serverName: "jamesd",
    ca: read("ca.crt"),
    cert: read("admin.crt"),
    key: read("admin.key"),
  });
}
