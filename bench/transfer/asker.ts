import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import type { Sandbox } from "@jamesd/testkit";

/** An answer, and when it was whole. */
export interface Answered {
  readonly status: number;
  /** By `performance.now()`. */
  readonly at: number;
}

/** Who has a certificate of the sandbox, and asks its server on one connection that is kept. */
export class Asker {
  readonly #agent: Agent;
  readonly #port: number;

  constructor(sandbox: Sandbox, name: string) {
    const read = (file: string): string => readFileSync(sandbox.path("pki", file), "utf8");
    const identity = { ca: read("ca.crt"), cert: read(`${name}.crt`), key: read(`${name}.key`) };
    this.#agent = new Agent({ ...identity, keepAlive: true, maxSockets: 1, servername: "jamesd" });
    this.#port = sandbox.port;
  }

  /** @throws Error when there is an answer with an error, or none */
  async ask(method: string, path: string, body?: unknown, wait = 0): Promise<Answered> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      "content-length": Buffer.byteLength(text),
      ...(text !== "" && { "content-type": "application/json" }),
      ...(wait > 0 && { prefer: `wait=${wait}` }),
    };
    const to = { host: "127.0.0.1", port: this.#port, agent: this.#agent, method, path, headers };
    const answer = await new Promise<{ status: number; body: Promise<Buffer> }>((resolve, reject) => {
      request(to, (response) => resolve({ status: response.statusCode ?? 0, body: buffer(response) }))
        .on("error", reject)
        .end(text);
    });
    const said = await answer.body;
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
    return { status: answer.status, at: performance.now() };
  }

  close(): void {
    this.#agent.destroy();
  }
}
