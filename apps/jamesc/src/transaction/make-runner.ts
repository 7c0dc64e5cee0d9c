import type { Packet } from "@jamesd/model";
import type { DeviceParts } from "./device-parts.ts";
import type { Journal } from "./journal/journal.ts";
import { packetLookup } from "./plan/packet-lookup.ts";
import { PacketScripts } from "./switch/packet-scripts.ts";
import { Runner } from "./switch/runner.ts";

/** The runner of the transaction that this journal is of. @param isForced scripts of what goes may fail */
export function makeRunner(
  parts: DeviceParts,
  journal: Journal,
  packets: readonly Packet[],
  isForced: boolean,
): Runner {
  const { options, root, layout } = parts;
  const { installRoot, deviceId, systemTags, scriptTimeoutMs, healthcheckTimeoutMs, log } = options;
  const scripts = new PacketScripts({
    journal,
    root,
    packetOf: packetLookup(packets),
    layout,
    installRoot,
    deviceId,
    systemTags,
    timeoutMs: scriptTimeoutMs,
    healthcheckTimeoutMs,
    isForced,
    log,
  });
  return new Runner({ journal, root, stateDir: layout.stateDir, scripts, log });
}
