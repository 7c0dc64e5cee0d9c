import { MAX_SCRIPT_BYTES } from "@jamesd/carry";
import { flag, list, parsed, repeatable, required, text } from "@jamesd/config";
import { prepareYaml } from "@jamesd/config/print";
import { JamesError, parseName, parsePolicy, SCRIPT_NAMES, type ScriptName } from "@jamesd/model";
import type { AddedPacket, BodyOf, Client } from "@jamesd/protocol";
import { type Context, defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { tagList } from "../cli/lists.ts";
import { withProgress } from "../cli/progress.ts";
import { warningLines } from "../documents/make-change.ts";
import { parseConfirm, parseDrift, parseOwners, parseUnowned } from "../documents/read-policy.ts";
import { hashFile, type LocalFile, readBytes, sizeOfFile } from "../files/local-file.ts";
import { findBases } from "../packets/find-bases.ts";
import { makePacket } from "../packets/make-packet.ts";
import { fileUpload, uploadArchive } from "../packets/upload.ts";
import { packetView } from "../views/packet-view.ts";
import { MESSAGE_FLAG, PACKET_ROLLOUT_FLAGS, rolloutOf } from "./rollout-flags.ts";

/** The name of a file, where that of a packet is asked for. */
const ARCHIVE_NAME = /\.(tar|tgz|txz|tbz2?|tzst|zip|deb|rpm)(\.\w+)?$/i;

/** Uploads an archive and makes a packet of it. */
export const addPacket = defineCommand({
  name: "add-packet",
  aliases: [],
  summary: "upload an archive, with scripts and tags, as a packet",
  options: {
    name: required(parsed({ value: "NAME", help: "the packet's name", parse: parseName })),
    data: required(text({ value: "FILE", help: "the archive: tar, plain or as gz, bz2, xz or zst" })),
    tags: tagList({ help: "the packet's tags, with commas between" }),
    preinst: text({ value: "FILE", help: "script to run before the files are put in place" }),
    postinst: text({ value: "FILE", help: "script to run after the files are put in place" }),
    prerm: text({ value: "FILE", help: "script to run before the files are deleted" }),
    postrm: text({ value: "FILE", help: "script to run after the files are deleted" }),
    healthcheck: text({ value: "FILE", help: "script that must succeed before the update is committed" }),
    conffile: repeatable(
      list({ value: "PATH", help: "a configuration file of the archive: edits on the device are kept" }),
    ),
    volatile: repeatable(
      list({ value: "PATH", help: "what its scripts write, or all below a directory: changes are no drift" }),
    ),
    confirm: parsed({
      value: "connectivity[=TIME]",
      help: "what the device must prove before it commits",
      parse: parseConfirm,
    }),
    unowned: parsed({
      value: "refuse|adopt|overwrite",
      help: "what to do with files in the way that no packet owns",
      parse: parseUnowned,
    }),
    owners: parsed({
      value: "keep|ignore",
      help: "ignore: files belong to whom the device gives them, as where a file system knows no owners",
      parse: parseOwners,
    }),
    drift: parsed({
      value: "report|repair",
      help: "what becomes of files that are no longer as the packet has them",
      parse: parseDrift,
    }),
    deltaFrom: repeatable(
      text({
        value: "DIGEST|TAGS",
        help: "a packet of this name, by its digest or some of its tags, from which a delta is made at once",
      }),
    ),
    ...PACKET_ROLLOUT_FLAGS,
    ...MESSAGE_FLAG,
    ...YES_FLAG,
    allowSetid: flag({ help: "the archive may hold setuid and setgid files, and such with capabilities" }),
    allowAgent: flag({ help: "it may replace jamesc itself, its configuration, certificates and key" }),
  },
  defaultFormat: "yaml",
  async handler(flags, context) {
    const scripts = readScripts(flags);
    const rollout = rolloutOf(flags);
    checkArchive(flags.data);
    const tags = [...(flags.tags ?? [])];
    if (tags.length === 0)
      context.note(
        `warning: a packet without tags fits every device and every wish for ${flags.name}; give --tags`,
      );
    if (ARCHIVE_NAME.test(flags.name))
      context.note(
        `warning: the packet is called ${flags.name}: a name such as ${flags.name.replace(ARCHIVE_NAME, "")} was meant?`,
      );
    const client = context.connect();
    const query = { name: flags.name, tags: tags.join(",") };
    // The file is read while the server answers.
    const [file, impact] = await Promise.all([
      hashFile(flags.data, context.signal),
      client.call("getImpact", { query, signal: context.signal }),
    ]);
    const deltaFrom = await findBases(client, flags.name, tags, flags.deltaFrom, context.signal);
    await confirmImpact(impact, "this packet", flags.yes, context);
    await send(client, file, context);
    const making = make(
      client,
      file,
      {
        name: flags.name,
        tags,
        upload: file.digest,
        scripts,
        conffiles: flags.conffile.flat(),
        volatile: flags.volatile.flat(),
        policy: parsePolicy(flags),
        setid: flags.allowSetid,
        agent: flags.allowAgent,
        deltaFrom,
        ...(rollout && { rollout }),
        ...(flags.message !== undefined && { message: flags.message }),
      },
      context.signal,
    );
    // The server is busy for a while.
    const [added] = await Promise.all([making, prepareYaml()]);
    for (const line of warningLines(added.warnings)) context.note(line);
    return { data: addedView(added) };
  },
});

/** @throws JamesError FILE_UNREADABLE, ARCHIVE_NOT_RECOGNISED of an empty one */
function checkArchive(path: string): void {
  if (sizeOfFile(path) > 0) return;
  throw new JamesError("ARCHIVE_NOT_RECOGNISED", `${path} is empty`, {
    hint: "Make it with tar, as in: tar cJf app.tar.xz -C root .",
  });
}

function send(client: Client, file: LocalFile, { isTerminal, signal }: Context): Promise<void> {
  return withProgress("upload", file.size, isTerminal, (update) =>
    uploadArchive(client, fileUpload(file), update, signal),
  );
}

/** The server does not know what the archive is called here: its complaints about it get the name. */
async function make(client: Client, { path }: LocalFile, body: BodyOf<"addPacket">, signal: AbortSignal) {
  try {
    return await makePacket(client, body, signal);
  } catch (thrown) {
    if (!(thrown instanceof JamesError) || !/^(ARCHIVE|CONFFILE|VOLATILE)_/.test(thrown.code)) throw thrown;
    throw new JamesError(thrown.code, `${path}: ${thrown.message}`, { hint: thrown.hint, cause: thrown });
  }
}

function readScripts(flags: Partial<Record<ScriptName, string | undefined>>) {
  const given = SCRIPT_NAMES.flatMap((name): [ScriptName, string][] => {
    const path = flags[name];
    return path === undefined ? [] : [[name, readScript(name, path)]];
  });
  return Object.fromEntries(given) as Partial<Record<ScriptName, string>>;
}

function readScript(name: ScriptName, path: string): string {
  const content = readBytes(path);
  if (content.length <= MAX_SCRIPT_BYTES) return content.toString("base64");
  throw new JamesError("USAGE", `--${name}: ${path} has more than ${MAX_SCRIPT_BYTES} bytes`, {
    hint: "Put large content into the archive and let the script use it there.",
  });
}

function addedView({ packet, created, warnings, rollout }: AddedPacket) {
  const { name, tags, digest, files, size } = packetView(packet);
  const spread = rollout === undefined ? {} : { rollout };
  return {
    name,
    tags,
    digest,
    files,
    size,
    new: created,
    ...spread,
    ...(warnings.length > 0 && { warnings }),
  };
}
