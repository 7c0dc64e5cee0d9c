import {
  APPROVALS,
  type GivenRollout,
  isDigest,
  isLive,
  ON_FAILURE,
  type OpenedWave,
  parseRollout,
  parseWaves,
  ROLLOUT_STATUSES,
  type RolloutSettings,
  type RolloutState,
  TROUBLES,
  type Wave,
  waveText,
} from "@jamesd/model";
import { packIds, unpackIds, type WaveIds } from "../repository/packed-ids.ts";
import type {
  NewStep,
  RolloutDocument,
  RolloutHead,
  RolloutStep,
  StepRequest,
} from "../repository/rollout-store.ts";
import { toKey } from "./revisions.ts";
import {
  bytes,
  integer,
  integerOrNull,
  listOf,
  objectOf,
  type Row,
  readRow,
  text,
  textOrNull,
} from "./row.ts";

/** What a step opened and excused. */
export interface Opening {
  readonly waves: readonly OpenedWave[];
  readonly excused: readonly string[];
}

/** How a rollout spreads, in the words in which it is given. */
export function settingsText({ waves, ...others }: RolloutSettings): string {
  return JSON.stringify({ waves: waves.map(waveText), ...others } satisfies GivenRollout);
}

/** The values of a row of a step, without its place. */
export function toStepRow(step: NewStep, { author, address, message, time }: StepRequest, endedBy?: number) {
  const { state, opens = [], excuses = [] } = step;
  const opened = opens.map(({ wave, share, ids }) => ({ wave: waveText(wave), share, devices: ids.length }));
  const isNamed = opens.length > 0 || excuses.length > 0;
  return {
    ...{ author, address, message, time },
    state: JSON.stringify(state),
    ended_by: endedBy ?? null,
    opened: JSON.stringify(opened satisfies readonly Written[]),
    excused: excuses.length,
    ids: isNamed
      ? packIds({ waves: opens.map(({ ids, later }) => ({ ids, later })), excused: excuses })
      : null,
  };
}

/** A rollout with its newest step. @throws JamesError STORE_CORRUPT */
export function toHead(row: Row): RolloutHead {
  return readRow(`rollout ${row.revision}`, () => {
    const [settings, state] = [settingsIn(row), stateIn(row)];
    if (state.wave > settings.waves.length) throw new TypeError("it has no such wave");
    if (isLive(state) !== (integerOrNull(row, "ended") === null))
      throw new TypeError("whether it is over is not clear");
    return {
      settings,
      revision: integer(row, "revision"),
      seed: integer(row, "seed"),
      began: integer(row, "began"),
      author: text(row, "author"),
      message: text(row, "message"),
      packet: packetIn(row),
      supersedes: listOf(row, "supersedes", isNumber),
      endedBy: integerOrNull(row, "ended_by"),
      step: integer(row, "step"),
      stepped: integer(row, "stepped"),
      stepAuthor: text(row, "step_author"),
      stepMessage: text(row, "step_message"),
      state,
    };
  });
}

/** @throws JamesError STORE_CORRUPT */
export function toStep(row: Row): RolloutStep {
  return readRow(stepName(row), () => ({
    step: integer(row, "step"),
    state: stateIn(row),
    opened: writtenIn(row).map(({ wave, devices }) => ({ wave: waveOf(wave), devices })),
    excused: integer(row, "excused"),
    author: text(row, "author"),
    message: text(row, "message"),
    time: integer(row, "time"),
  }));
}

/** @throws JamesError STORE_CORRUPT */
export function toOpening(row: Row): Opening {
  return readRow(stepName(row), () => {
    const opened = writtenIn(row);
    const { waves, excused } = unpackIds(bytes(row, "ids"));
    if (waves.length !== opened.length) throw new TypeError("ids are of other waves");
    return {
      waves: waves.map((devices, i) => toWave(opened[i], devices)),
      excused,
    };
  });
}

/** @throws JamesError STORE_CORRUPT */
export function toRolloutDocument(row: Row): RolloutDocument {
  return readRow(`document ${row.kind} ${row.id} of rollout ${row.revision}`, () => ({
    ...toKey(row),
    stable: integer(row, "stable"),
  }));
}

/** A wave that a step opened, beside its ids. */
interface Written {
  readonly wave: string;
  readonly share: number;
  readonly devices: number;
}

function toWave(written: Written | undefined, { ids, later }: WaveIds): OpenedWave {
  if (written?.devices !== ids.length) throw new TypeError("ids are not as many as they were");
  return { wave: waveOf(written.wave), share: written.share, ids, later };
}

function writtenIn(row: Row): readonly Written[] {
  return listOf(row, "opened", isWritten);
}

function isWritten(value: unknown): value is Written {
  const { wave, share, devices } = (value ?? {}) as Partial<Written>;
  return typeof wave === "string" && typeof share === "number" && isNumber(devices);
}

function waveOf(written: string): Wave {
  const [wave] = parseWaves([written]);
  if (!wave) throw new TypeError("there is no wave");
  return wave;
}

function settingsIn(row: Row): RolloutSettings {
  const settings = parseRollout(objectOf<GivenRollout>(row, "settings"));
  if (!APPROVALS.includes(settings.approve) || !ON_FAILURE.includes(settings.onFailure))
    throw new TypeError("settings are not known");
  return settings;
}

function stateIn(row: Row): RolloutState {
  const { status, wave, openedMs, steadyMs, before, trouble } = objectOf<RolloutState>(row, "state");
  const isSound =
    ROLLOUT_STATUSES.includes(status) &&
    isNumber(wave) &&
    Number.isFinite(openedMs) &&
    Number.isFinite(steadyMs ?? 0) &&
    [undefined, "running", "waiting"].includes(before) &&
    [undefined, ...TROUBLES].includes(trouble);
  if (!isSound) throw new TypeError("state is not as expected");
  return { status, wave, openedMs, steadyMs, before, trouble };
}

function packetIn(row: Row): string | null {
  const packet = textOrNull(row, "packet");
  if (packet !== null && !isDigest(packet)) throw new TypeError("packet is no digest");
  return packet;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function stepName(row: Row): string {
  return `step ${row.step} of rollout ${row.revision}`;
}
