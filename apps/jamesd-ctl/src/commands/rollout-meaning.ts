import type { Client, Rollout } from "@jamesd/protocol";
import type { Context } from "../cli/command.ts";
import { calledDocument, type Meaning } from "../cli/meaning.ts";

/** The rollout that something is to be said to, by which is told how many devices that changes. */
export async function rolloutToTell(
  client: Client,
  revision: number,
  { signal }: Pick<Context, "signal">,
): Promise<Rollout> {
  return client.call("getRollout", { params: { revision: String(revision) }, signal });
}

/** What it means to open every wave up to one. */
export function meaningOfOpening({ perWave, wave }: Rollout, upTo: number): Meaning {
  return { devices: sum(perWave.slice(wave, upTo).map(({ devices }) => devices ?? 0)) };
}

/** What it means that a paused rollout goes on: those that it admits and that are not there yet. */
export function meaningOfResuming({ perWave }: Rollout): Meaning {
  return {
    devices: sum(perWave.map(({ counts }) => (counts ? sum(Object.values(counts)) - counts.done : 0))),
  };
}

/** What it means to send back whom a rollout admits. */
export function meaningOfReverting({ perWave, documents, packet }: Rollout): Meaning {
  const isNew = documents.filter(({ stable }) => stable === 0);
  return {
    devices: sum(perWave.map(({ devices, opened }) => (opened === null ? 0 : (devices ?? 0)))),
    isBound: true,
    gone: [...isNew.map(calledDocument), ...(packet === null ? [] : ["the packet that it spreads"])],
    isNamed: false,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
