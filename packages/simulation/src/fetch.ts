import type { Digest, Packet, Plan } from "@jamesd/model";
import { DEVICE_WIRE, readAsReply } from "@jamesd/protocol/device";
import type { Answer } from "./answer-reader.ts";
import type { Line } from "./line.ts";
import type { KnownPacket, VirtualDisk } from "./virtual-disk.ts";

const TIMEOUT_MS = 60_000;

/** Fetches the packets of a plan and the contents that a device lacks, and compares all of it with its digests. @throws Error when something is another thing */
export async function fetchAll(plan: Pick<Plan, "steps">, disk: VirtualDisk, line: Line): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind !== "unpack") continue;
    const packet = disk.packet(step.packet) ?? (await fetchPacket(step.packet, disk, line));
    await fetchBundle(step.packet, packet, disk, line);
    for (const digest of packet.single) if (!disk.has(digest)) await fetchBlob(digest, disk, line);
  }
}

async function fetchPacket(digest: Digest, disk: VirtualDisk, line: Line): Promise<KnownPacket> {
  const { body } = await get(line, `/v1/packets/${digest}`);
  const packet = readAsReply(DEVICE_WIRE, "getPacket", JSON.parse(body.toString()));
  if (!packet) throw new Error(`${digest} is no packet`);
  return disk.addPacket(digest, withGivenScripts(packet));
}

/** The whole of it, or no more than the part from the first to the last content that is lacking. */
async function fetchBundle(
  digest: Digest,
  { bundled }: KnownPacket,
  disk: VirtualDisk,
  line: Line,
): Promise<void> {
  const lacking = bundled.filter((blob) => !disk.has(blob.digest));
  const [first, last] = [lacking[0], lacking.at(-1)];
  if (!first || !last) return;
  const range = `range: bytes=${first.start}-${last.start + last.size - 1}`;
  const { body } = await get(line, `/v1/packets/${digest}/bundle`, [range]);
  for (const { digest: blob, start, size } of lacking) {
    const from = start - first.start;
    disk.addBlob(blob, body.subarray(from, from + size));
  }
}

async function fetchBlob(digest: Digest, disk: VirtualDisk, line: Line): Promise<void> {
  disk.addBlob(digest, (await get(line, `/v1/blobs/${digest}`)).body);
}

function get(line: Line, path: string, headers: readonly string[] = []): Promise<Answer> {
  return line.ask({ method: "GET", path, headers, timeoutMs: TIMEOUT_MS });
}

/** A script that is not there is left out, and not undefined. */
function withGivenScripts(packet: Omit<Packet, "scripts"> & { readonly scripts: object }): Packet {
  const scripts = Object.entries(packet.scripts).filter(([, content]) => content !== undefined);
  return { ...packet, scripts: Object.fromEntries(scripts) };
}
