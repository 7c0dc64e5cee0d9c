import { type RolloutSettings, totalCounts, waveText } from "@jamesd/model";
import type * as wire from "@jamesd/protocol";
import type { BroughtPacket, NamedPacket } from "../../fleet/brought.ts";
import type { DeviceSummary } from "../../fleet/device-view.ts";
import { FIRST_DOCUMENTS } from "../../repository/make-event.ts";
import type { NotedCounts } from "../../repository/rollout-count-store.ts";
import type { RolloutDocument, RolloutStep } from "../../repository/rollout-store.ts";
import type { WaveDevice } from "../../rollouts/rollout-progress.ts";
import type { RolloutView, WaveView } from "../../rollouts/rollout-view.ts";
import type { CountedRollout } from "../../rollouts/rollouts.ts";
import type { Answer } from "./answer.ts";
import { wireStanding } from "./history.ts";
import { wireError, wireKey } from "./nouns.ts";

/** A rollout in a list. */
export function wireRolloutInfo(rollout: CountedRollout): Answer<wire.RolloutInfo> {
  const { revision, author, message, began, stepped, stepAuthor, stepMessage } = rollout;
  const { documents, changed, admitted, counts } = rollout;
  return {
    ...{ revision, author, message, began, stepped, stepAuthor, stepMessage },
    ...wireStanding(rollout),
    trouble: rollout.state.trouble ?? null,
    documents: documents.map(wireDocument),
    changed,
    packet: rollout.packet,
    supersedes: rollout.supersedes,
    admitted,
    counts: counts ? totalCounts(counts) : null,
  };
}

/** How a rollout is. */
export function wireRollout(view: RolloutView): Answer<wire.Rollout> {
  const { rollout, waves, counted, baking, next, steps } = view;
  return {
    ...wireRolloutInfo(listed(view)),
    settings: wireSettings(rollout.settings),
    step: rollout.step,
    perWave: waves.map(wireWave),
    counted: counted ?? null,
    baking: baking ?? null,
    next: next
      ? {
          wave: next.wave ?? null,
          inMs: next.inMs ?? null,
          needsApproval: next.needsApproval,
          mayFail: next.mayFail,
        }
      : null,
    steps: steps.map(wireStep),
  };
}

/** How a rollout went. */
export function wireRolloutCounts({ time, waves }: NotedCounts): Answer<wire.RolloutCounts> {
  return { time, counts: totalCounts(waves) };
}

/** A packet that a rollout brings. */
export function wireRolloutPacket({ name, from, to, devices }: BroughtPacket): Answer<wire.RolloutPacket> {
  return { name, from: wireNamed(from), to: wireNamed(to), devices };
}

/** A device of an open wave, with what is known of it besides; that is nothing of one that is gone by now. */
export function wireRolloutDevice(
  { id, wave, progress, isExcused }: WaveDevice,
  device: DeviceSummary | undefined,
): Answer<wire.RolloutDevice> {
  const problem = device?.problem ?? null;
  return {
    ...{ id, wave, progress, excused: isExcused },
    connected: device?.connected ?? false,
    lastSeen: device?.lastSeen ?? null,
    problem: problem && wireError(problem),
  };
}

function listed({ rollout, waves }: RolloutView): CountedRollout {
  const { documents } = rollout;
  const counts = waves.flatMap((wave) => wave.counts ?? []);
  return {
    ...rollout,
    documents: documents.slice(0, FIRST_DOCUMENTS),
    changed: documents.length,
    admitted: rollout.waves.reduce((total, { ids }) => total + ids.length, 0),
    counts: counts.length === 0 ? undefined : counts,
  };
}

function wireNamed(packet: NamedPacket | null) {
  return packet && { digest: packet.digest, tags: [...packet.tags] };
}

function wireDocument({ stable, ...key }: RolloutDocument) {
  return { ...wireKey(key), stable };
}

function wireSettings({ waves, inFlight, ...rest }: RolloutSettings): Answer<wire.Rollout>["settings"] {
  const { success, failures, bakeMs, silenceMs, patienceMs, attempts, approve, onFailure } = rest;
  return {
    ...{ waves: waves.map(waveText), success, failures, bakeMs, silenceMs, patienceMs, attempts },
    ...{ inFlight: inFlight ?? null, approve, onFailure },
  };
}

function wireWave({ wave, devices, counts, excused, opened, passed }: WaveView) {
  return {
    wave: waveText(wave),
    devices: devices ?? null,
    counts: counts ?? null,
    excused,
    opened: opened ?? null,
    passed: passed ?? null,
  };
}

function wireStep({ step, state, opened, author, message, time }: RolloutStep) {
  return {
    ...{ step, status: state.status, wave: state.wave, trouble: state.trouble ?? null },
    devices: opened.reduce((total, wave) => total + wave.devices, 0),
    ...{ author, message, time },
  };
}
