import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Client, isKnownEvent, WIRE } from "@jamesd/protocol/operator";
import {
  IS_WHOLE,
  injectInto,
  killAtCalls,
  type Program,
  requireAttach,
  Sandbox,
  sweepTest,
} from "@jamesd/testkit";

/** By what SQLite changes a database and makes it durable. */
const CALLS = ["pwrite64,write", "fsync,fdatasync", "ftruncate", "unlink", "openat"];
/** A commit writes every page with two calls. */
const MOST = 60;

/**
 * Two folders of documents. To go from one to the other changes documents, makes and removes some, of both kinds, in
 * one revision.
 */
const FOLDERS = {
  red: { first: ["red"], second: ["red"], third: ["red"], "device-1": undefined },
  blue: { first: ["blue"], second: ["blue"], fourth: ["blue"], "device-2": undefined },
} as const;
type Folder = keyof typeof FOLDERS;

function writeFolders(sandbox: Sandbox): void {
  for (const [folder, documents] of Object.entries(FOLDERS))
    for (const [id, selector] of Object.entries(documents))
      sandbox.write(`${folder}/${id}.json`, JSON.stringify({ id, ...(selector && { selector }), apps: [] }));
}

function apply(sandbox: Sandbox, folder: Folder) {
  return sandbox.ctl("apply", "-f", folder, "--prune", "--yes", "--message", folder);
}

function clientOf(sandbox: Sandbox): Client {
  const pem = (file: string) => readFileSync(sandbox.path("pki", file));
  return new Client({
    wire: WIRE,
    address: { host: "127.0.0.1", port: sandbox.port },
    serverName: "jamesd",
    ca: pem("ca.crt"),
    cert: pem("admin.crt"),
    key: pem("admin.key"),
  });
}

/** What a server holds, as it says itself. */
interface Held {
  readonly revisions: readonly number[];
  readonly events: readonly (number | undefined)[];
  readonly documents: Readonly<Record<string, readonly string[]>>;
}

async function look(sandbox: Sandbox): Promise<Held> {
  const client = clientOf(sandbox);
  try {
    const revisions = await client.call("listRevisions", { query: { limit: "1000" } });
    const to = String(revisions[0]?.number ?? 0);
    const { changes } = await client.call("getChanges", { query: { from: "0", to } });
    const events = await client.call("listEvents", { query: { kinds: "revision" } });
    return {
      revisions: revisions.map(({ number }) => number).toReversed(),
      events: events.map((event) =>
        isKnownEvent(event) && event.kind === "revision" ? event.revision : undefined,
      ),
      documents: Object.fromEntries(changes.map(({ id, after }) => [id, after?.selector ?? []])),
    };
  } finally {
    client.close();
  }
}

/** What it holds when this folder was made the last of so many revisions. */
function holding(folder: Folder, revision: number): Held {
  const numbers = Array.from({ length: revision }, (_, i) => i + 1);
  const documents = Object.entries(FOLDERS[folder]).map(([id, selector]) => [id, selector ?? []]);
  return { revisions: numbers, events: numbers, documents: Object.fromEntries(documents) };
}

/** A server that is killed at one call after the other while it takes a folder of documents in. */
class Victim {
  readonly #sandbox: Sandbox;
  #server: Program;
  #has: Folder = "red";
  #revision = 1;

  private constructor(sandbox: Sandbox, server: Program) {
    this.#sandbox = sandbox;
    this.#server = server;
  }

  static async start(sandbox: Sandbox): Promise<Victim> {
    writeFolders(sandbox);
    const victim = new Victim(sandbox, await sandbox.startServer());
    assert.equal((await apply(sandbox, "red")).code, 0);
    assert.deepEqual(await look(sandbox), holding("red", 1));
    return victim;
  }

  /** Has it take the other folder in, killed at its n-th call. Gives what came of it. */
  async takeIn(calls: string, n: number): Promise<"not killed" | "nothing" | "all"> {
    const [sandbox, where] = [this.#sandbox, `killed at ${calls} ${n}`];
    const wanted = this.#has === "red" ? "blue" : "red";
    const database = sandbox.path("data", "jamesd.db");
    const files = ["", "-wal", "-shm", "-journal"].map((end) => database + end);
    const strace = await injectInto(this.#server.pid, `${calls}:signal=KILL:when=${n}`, ...files);
    const { code } = await apply(sandbox, wanted);
    if (code === 0) {
      await strace.stop();
      assert.ok(this.#server.isRunning, where);
    } else {
      assert.equal((await this.#server.ended).signal, "SIGKILL", where);
      this.#server = await sandbox.startServer();
    }
    const held = await look(sandbox);
    const isThere = held.revisions.length > this.#revision;
    assert.ok(isThere || code !== 0, `${where}: what was acknowledged is there`);
    assert.deepEqual(
      held,
      isThere ? holding(wanted, this.#revision + 1) : holding(this.#has, this.#revision),
      where,
    );
    if (code !== 0) assert.equal((await apply(sandbox, wanted)).code, 0, where);
    this.#has = wanted;
    this.#revision += 1;
    assert.deepEqual(await look(sandbox), holding(wanted, this.#revision), `${where}, then applied again`);
    return code === 0 ? "not killed" : isThere ? "all" : "nothing";
  }
}

sweepTest(
  "killed at any call that writes a revision, a server has none or all of it, with its event",
  {
    skip: requireAttach(),
  },
  async (t) => {
    await using sandbox = await Sandbox.create();
    const victim = await Victim.start(sandbox);
    const seen = new Set<string>();
    const kills = await killAtCalls("apply", CALLS, { stride: 20, most: MOST }, async (calls, n) => {
      const outcome = await victim.takeIn(calls, n);
      if (outcome === "not killed") return false;
      seen.add(outcome);
      return true;
    });
    t.diagnostic([...kills].map(([calls, n]) => `${calls}: ${n}`).join("; "));
    assert.ok((kills.get("pwrite64,write") ?? 0) > 0 && (kills.get("fsync,fdatasync") ?? 0) > 0);
    if (!IS_WHOLE) return;
    assert.ok((kills.get("pwrite64,write") ?? 0) > 1);
    assert.deepEqual(
      [...seen].sort(),
      ["all", "nothing"],
      "kills before and after the commit point were both seen",
    );
  },
);
