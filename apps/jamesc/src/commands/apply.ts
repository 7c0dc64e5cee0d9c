import { readFileSync, statSync } from "node:fs";
import { checkExport, OpenFile, unreadable } from "@jamesd/carry";
import { positional, required, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import { failureOf } from "../agent.ts";
import { fileRemote } from "../apply/file-remote.ts";
import { makeMessage } from "../apply/make-message.ts";
import { parseWish, type Wish } from "../apply/wish.ts";
import { defineCommand } from "../cli/command.ts";
import { checkSettings } from "../config.ts";
import { type Life, start } from "../start.ts";

/** A document of a person. */
const MOST_BYTES = 1024 * 1024;

const ON_TRIAL =
  "The new jamesc works, and its start as the service decides: start the service. It goes back if it cannot start.";

/** Carries out a desired state that came by another way than the server's: the same transaction, with the same checks. */
export const apply = defineCommand({
  name: "apply",
  options: {
    file: positional(
      text({ value: "FILE", help: "a desired state, as jamesd-ctl get-desired-state prints it" }),
    ),
    packets: required(text({ value: "FILE", help: "what jamesd-ctl export wrote" })),
  },
  format: "yaml",
  async handler({ file, packets }, { values, configFile, env }) {
    const wish = parseWish(file, readText(file));
    const settings = checkSettings(values, configFile);
    checkDevice(wish, settings.deviceId, file);
    const ended: { transaction?: Transaction | undefined } = {};
    try {
      await start(settings, env, carryingOut(wish, packets, ended));
    } catch (thrown) {
      // Not by this process: it is what `apply` was asked for.
      if (!(thrown instanceof JamesError && thrown.code === "AGENT_REPLACED")) throw thrown;
      return { data: { changed: true, outcome: "trial", hint: ON_TRIAL } };
    }
    const { transaction } = ended;
    if (!transaction) return { data: { changed: false } };
    const { id, revision, outcome, durationMs } = transaction;
    return {
      data: { changed: outcome === "committed", id, revision, outcome, durationMs },
      failure: failureOf(transaction),
    };
  },
});

function carryingOut(wish: Wish, packets: string, ended: { transaction?: Transaction | undefined }): Life {
  return async (_agent, { device, systemTags, stop, log }) => {
    if (device.stuck) throw failureOf(device.stuck);
    await using file = await OpenFile.open(packets, stop);
    const index = await checkExport(file, () => undefined);
    log.info({ file: packets, packets: index.packets.length }, "export file is sound");
    const remote = fileRemote(file, index);
    const here = new Map(
      device.installed
        .flatMap(({ digest }) => device.packet(digest) ?? [])
        .map((packet) => [packet.digest, packet]),
    );
    const message = await makeMessage(wish, {
      installed: device.installed,
      systemTags,
      followed: device.followed,
      candidates: [
        ...[...here.values()].map(({ name, tags, digest }) => ({ name, tags, digest })),
        ...index.packets,
      ],
      packet: async (digest) => here.get(digest) ?? (await remote.packet(digest, stop)),
    });
    if (message.steps.length > 0) ended.transaction = await device.carryOut(message, remote, stop);
  };
}

function checkDevice({ id }: Wish, deviceId: string, file: string): void {
  if (id === undefined || id === deviceId) return;
  throw new JamesError("STATE_INVALID", `${file} is for ${id}, and this is ${deviceId}`, {
    hint: "Take the file of this device, or leave `id` out of it.",
  });
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
