import { defineCommand } from "../cli/command.ts";
import { askAbout } from "../server/ask-about.ts";

/** Says whether the server is there, and how far away. */
export const ping = defineCommand({
  name: "ping",
  aliases: [],
  summary: "see that the server answers: its name, its version, how long the way there and back takes",
  options: {},
  defaultFormat: "yaml",
  async handler(_flags, { connect, signal }) {
    const client = connect();
    const connected = await timed(() => askAbout(client, signal));
    // Over the connection that is open now.
    const answered = await timed(() => client.call("ping", { signal }));
    return {
      data: {
        server: client.where,
        ...(client.proxy !== undefined && { proxy: client.proxy }),
        name: client.serverName,
        version: connected.value?.version ?? "unknown",
        connectMs: connected.ms,
        roundTripMs: answered.ms,
      },
    };
  },
});

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const started = performance.now();
  const value = await work();
  return { value, ms: Math.round((performance.now() - started) * 10) / 10 };
}
