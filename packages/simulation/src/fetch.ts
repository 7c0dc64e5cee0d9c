import type { Digest, Packet, Plan } from "@jamesd/model";
import { DEVICE_WIRE, readAsReply } from "@jamesd/protocol/device";
import type { Answer } from "./answer-reader.ts";
import { type Line, Refusal } from "./line.ts";
import type { KnownPacket, VirtualDisk } from "./virtual-disk.ts";

const TIMEOUT_MS = 60_000;
/** So often in a row a busy server is asked again for the same. */
const MOST_REFUSALS = 20;

/** How contents come. */
export interface Source {
  readonly line: Line;
  /** Waits, before a busy server is asked again. @throws when the device is to do something else */
  readonly pause: (ms: number) => Promise<void>;
}

/** Fetches the packets of a plan and the contents that a device lacks, and compares all of it with its digests. @throws Error when something is another thing */
export async function fetchAll(plan: Pick<Plan, "steps">, disk: VirtualDisk, source: Source): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind !== "unpack") continue;
    const packet = disk.packet(step.packet) ?? (await fetchPacket(step.packet, disk, source));
    await fetchBundle(step.packet, packet, disk, source);
    for (const digest of packet.single) if (!disk.has(digest)) await fetchBlob(digest, disk, source);
  }
}

async function fetchPacket(digest: Digest, disk: VirtualDisk, source: Source): Promise<KnownPacket> {
  const { body } = await get(source, `/v1/packets/${digest}`);
  const packet = readAsReply(DEVICE_WIRE, "getPacket", JSON.parse(body.toString()));
  if (!packet) throw new Error(`${digest} is no packet`);
  return disk.addPacket(digest, withGivenScripts(packet));
}

/** The whole of it, or no more than the part from the first to the last content that is lacking. */
async function fetchBundle(
  digest: Digest,
  { bundled }: KnownPacket,
  disk: VirtualDisk,
  source: Source,
): Promise<void> {
  const lacking = bundled.filter((blob) => !disk.has(blob.digest));
  const [first, last] = [lacking[0], lacking.at(-1)];
  if (!first || !last) return;
  const range = `range: bytes=${first.start}-${last.start + last.size - 1}`;
  const { body } = await get(source, `/v1/packets/${digest}/bundle`, [range]);
  for (const { digest: blob, start, size } of lacking) {
    const from = start - first.start;
    disk.addBlob(blob, body.subarray(from, from + size));
  }
}

async function fetchBlob(digest: Digest, disk: VirtualDisk, source: Source): Promise<void> {
  disk.addBlob(digest, (await get(source, `/v1/blobs/${digest}`)).body);
}

async function get({ line, pause }: Source, path: string, headers: readonly string[] = []): Promise<Answer> {
  for (let refusals = 1; ; refusals += 1)
    try {
      return await line.ask({ method: "GET", path, headers, timeoutMs: TIMEOUT_MS });
    } catch (thrown) {
      const isBusy = thrown instanceof Refusal && thrown.retryAfterMs > 0;
      if (!isBusy || refusals === MOST_REFUSALS) throw thrown;
      await pause(thrown.retryAfterMs);
    }
}

/** A script that is not there is left out, and not undefined. */
function withGivenScripts(packet: Omit<Packet, "scripts"> & { readonly scripts: object }): Packet {
  const scripts = Object.entries(packet.scripts).filter(([, content]) => content !== undefined);
  return { ...packet, scripts: Object.fromEntries(scripts) };
}
