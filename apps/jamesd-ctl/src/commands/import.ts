import { checkExport, type ExportIndex, OpenFile, type PacketPlace } from "@jamesd/carry";
import { positional, text } from "@jamesd/config";
import { type Digest, JamesError, packetLabel } from "@jamesd/model";
import type { Client, PacketImpact } from "@jamesd/protocol";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { sumImpacts } from "../cli/meaning.ts";
import { withProgress } from "../cli/progress.ts";
import { StoredPackets } from "../export-file/stored-packets.ts";
import { makePacket } from "../packets/make-packet.ts";
import { uploadArchive } from "../packets/upload.ts";
import { AT_ONCE_FLAG } from "./at-once-flag.ts";

/** A packet of the file that the server has now. */
interface Imported {
  readonly name: string;
  readonly tags: readonly string[];
  readonly digest: Digest;
  /** False when it was there before. */
  readonly new: boolean;
}

/** How packets are brought: but for those that the server has, and whether to all devices at once. */
interface How {
  readonly held: ReadonlySet<Digest>;
  readonly now: boolean;
}

/** Brings the packets of an export file to the server, oldest first; those that are there are passed over. */
export const importPackets = defineCommand({
  name: "import",
  aliases: [],
  summary: "add the packets of a file that export wrote, where they are missing",
  options: {
    file: positional(text({ value: "FILE", help: "the file that export wrote" })),
    ...AT_ONCE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ file: path, now, yes }, context) {
    await using file = await OpenFile.open(path, context.signal);
    const index = await check(file, context);
    const client = context.connect();
    const stored = new StoredPackets(file, index);
    const there = await client.call("listPackets", { signal: context.signal });
    const held = new Set(there.map(({ digest }) => digest));
    const missing = stored.places.filter(({ digest }) => !held.has(digest));
    await confirmAll(client, missing, yes, context);
    return await importAll(client, stored, { held, now }, path, context);
  },
});

function check(file: OpenFile, { isTerminal }: Context): Promise<ExportIndex> {
  return withProgress("check", file.size, isTerminal, (update) => checkExport(file, update));
}

/** Says what the packets mean for devices, and on a terminal asks once for all of them. @throws JamesError CANCELLED */
async function confirmAll(client: Client, packets: readonly PacketPlace[], yes: boolean, context: Context) {
  const { signal } = context;
  const impacts: PacketImpact[] = [];
  for (const { name, tags } of packets)
    impacts.push(await client.call("getImpact", { query: { name, tags: tags.join(",") }, signal }));
  const what = packets.length === 1 ? "this packet" : `adding these ${packets.length} packets`;
  await confirmImpact(sumImpacts(impacts), what, yes, context);
}

/** One packet after the other; what was added before a failure stays, and is said. */
async function importAll(
  client: Client,
  stored: StoredPackets,
  { held, now }: How,
  file: string,
  context: Context,
) {
  const done: Imported[] = [];
  for (const place of stored.places) {
    const { name, tags, digest } = place;
    try {
      const isNew = !held.has(digest) && (await importOne(client, stored, place, now, context));
      done.push({ name, tags, digest, new: isNew });
    } catch (thrown) {
      if (!(thrown instanceof JamesError) || context.signal.aborted) throw thrown;
      const which = `${packetLabel(place)}, packet ${done.length + 1} of ${stored.places.length} in ${file}`;
      const { code, message, hint } = thrown;
      const failure = new JamesError(code, `${which}: ${message}`, { hint, cause: thrown });
      return resultOf(file, done, failure);
    }
  }
  return resultOf(file, done);
}

/** @returns true when the server did not have it @throws JamesError of the server, DIGEST_MISMATCH */
async function importOne(
  client: Client,
  stored: StoredPackets,
  place: PacketPlace,
  now: boolean,
  { isTerminal, signal }: Context,
): Promise<boolean> {
  const packet = await stored.packet(place);
  const archive = await stored.upload(packet);
  await withProgress(packetLabel(place), archive.size, isTerminal, (update) =>
    uploadArchive(client, archive, update, signal),
  );
  const { name, tags, conffiles, volatile, policy, setid, agent } = packet;
  const scripts = await stored.scripts(packet);
  const body = {
    ...{ name, tags: [...tags], upload: archive.digest, scripts },
    ...{ conffiles: [...conffiles], volatile: [...volatile], policy, setid, agent },
    ...(now && { rollout: { now } }),
  };
  const added = await makePacket(client, body, signal);
  if (added.packet.digest === place.digest) return added.created;
  throw new JamesError(
    "DIGEST_MISMATCH",
    `the server made the packet ${added.packet.digest} of it, not ${place.digest}`,
    { hint: "Remove that packet again; server and file may be of different versions of jamesd." },
  );
}

function resultOf(file: string, packets: readonly Imported[], failure?: JamesError): Result {
  const imported = packets.filter((packet) => packet.new).length;
  return {
    data: { file, imported, skipped: packets.length - imported, packets },
    table: {
      columns: ["name", "tags", "digest", "new"],
      rows: packets.map((packet) => [packet.name, packet.tags.join(","), packet.digest, String(packet.new)]),
    },
    failure,
  };
}
