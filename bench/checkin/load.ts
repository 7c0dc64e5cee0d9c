// The load generator: a process of its own, so that it does not share a core with the server.
import { readFileSync } from "node:fs";
import { stateDigest } from "@jamesd/model";
import { ROUTES } from "@jamesd/protocol";
import { cpuMs } from "../process-usage.ts";
import { Connection } from "./connection.ts";
import type { Job, Limit, LoadResult } from "./job.ts";

const STATE = { systemtags: ["bench"], apps: [] };
const DIGEST = stateDigest(STATE);
// A server accepts handshakes one after the other; a fleet that comes at once would only fill its backlog.
const HANDSHAKES_AT_ONCE = 32;

function request(body: unknown, headers: readonly string[] = []): Buffer {
  const json = JSON.stringify(body);
  const { method, path } = ROUTES.checkin;
  const head = [
    `${method} ${path} HTTP/1.1`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(json)}`,
    "Host: jamesd:2761",
    "Connection: keep-alive",
    ...headers,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${json}`);
}

/** Connects all; `connected` is told of each as it comes: a server ends connections over which nothing is asked for long. */
async function connectAll(
  job: Job,
  connected: (connection: Connection) => void = () => undefined,
): Promise<readonly Connection[]> {
  const connections: Connection[] = [];
  for (let start = 0; start < job.devices.length; start += HANDSHAKES_AT_ONCE) {
    const some = job.devices.slice(start, start + HANDSHAKES_AT_ONCE);
    const opened = await Promise.all(some.map((device) => Connection.open(job, device)));
    for (const connection of opened) connected(connection);
    connections.push(...opened);
  }
  return connections;
}

/** Every connection asks again as soon as it is answered, until the limit. */
async function drive(connections: readonly Connection[], limit: Limit): Promise<number> {
  const unchanged = request({ digest: DIGEST });
  const end = performance.now() + limit.seconds * 1000;
  let sent = 0;
  const work = async (connection: Connection): Promise<void> => {
    while (sent < limit.requests && performance.now() < end) {
      sent += 1;
      await connection.ask(unchanged);
    }
  };
  await Promise.all(connections.map(work));
  return sent;
}

async function measure(connections: readonly Connection[], job: Job): Promise<LoadResult> {
  const report = request({ digest: DIGEST, state: STATE });
  await Promise.all(connections.map((connection) => connection.ask(report)));
  await drive(connections, job.warmUp);
  const [cpu, started] = [cpuMs(job.serverPid), performance.now()];
  const requests = await drive(connections, job.measured);
  return {
    requests,
    seconds: (performance.now() - started) / 1000,
    serverCpuMs: cpuMs(job.serverPid) - cpu,
  };
}

/** Asks once on every connection, and says when all have, and when all were told that there is something to do. */
async function hold(job: Job): Promise<void> {
  const held = request({ digest: DIGEST, state: STATE }, ["Prefer: wait=300"]);
  let answers = 0;
  const failed = (cause: Error): never => {
    throw cause;
  };
  const answered = (isNothing: boolean): void => {
    if (isNothing) throw new Error("an answer came that was to be held");
    answers += 1;
    if (answers === job.devices.length) console.log("woken");
  };
  await connectAll(job, (connection) => connection.send(held, answered, failed));
  console.log("asked");
}

async function ask(job: Job): Promise<void> {
  const connections = await connectAll(job);
  console.log(JSON.stringify(await measure(connections, job)));
  for (const connection of connections) connection.close();
}

const job = JSON.parse(readFileSync(0, "utf8")) as Job;
await (job.hold ? hold(job) : ask(job));
