import { planText, shellWord } from "@jamesd/model";
import type { Changes, Rollout, RolloutCounts, RolloutDevice, RolloutPacket } from "@jamesd/protocol";
import { troubleText } from "@jamesd/protocol/words";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { failuresOf, PROGRESS_WORDS } from "../../logic/rollout.ts";
import { failingOf, rolloutLines } from "../../logic/rollout-line.ts";
import { useAsked, useLive } from "../asked.ts";
import { now } from "../due.ts";
import { readLog } from "../log.ts";
import { Same, Shown } from "../parts/asked.tsx";
import { Differences } from "../parts/differences.tsx";
import { Lines } from "../parts/lines.tsx";
import { RolloutVerbs } from "../parts/rollout-verbs.tsx";
import { RolloutHead, Spread, Waves } from "../parts/rollouts.tsx";
import { Choice } from "../parts/section.tsx";
import { Page } from "../parts/shell.tsx";
import { Status } from "../parts/status.tsx";
import { Table, Tags } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { go, here } from "../place.ts";

const LIVE_MS = 5000;
/** So many devices of a wave are asked for; the command line lists all. */
const DEVICES = 1000;

/** A rollout: how it stands, its waves, how it went, what failed and what it changes. */
export function RolloutPage({ id }: { readonly id: string }) {
  const rollout = useLive<Rollout>(`/v1${pathOf("rollouts", id)}`, LIVE_MS);
  return (
    <Page title={`Rollout ${id}`} command={`get-rollout --revision ${shellWord(id)}`}>
      <Shown of={rollout}>
        {(one) => (
          <>
            <RolloutHead rollout={one} />
            <RolloutVerbs rollout={one} onTold={rollout.again} />
            <h2>Waves</h2>
            <Waves rollout={one} />
            <p class="faint">
              {settingsText(one)}
              {one.counted !== null && (
                <>
                  ; counted last <Time at={one.counted} />
                </>
              )}
            </p>
            <OverTime rollout={one} />
            {one.next ? <Failed rollout={one} /> : one.packet === null && <FailedThen rollout={one} />}
            {one.next && <Devices rollout={one} />}
            <h2>What it changes</h2>
            {one.packet === null ? (
              <Changed revision={one.revision} />
            ) : (
              !one.next && (
                <p>
                  It spread <Spread rollout={one} />: as long as it is there, its page says who needs it.
                </p>
              )
            )}
            {one.next && <Brought revision={one.revision} />}
            <Steps rollout={one} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function settingsText({ settings: { inFlight, ...settings } }: Rollout): string {
  return planText({ ...settings, inFlight: inFlight ?? undefined } as Parameters<typeof planText>[0]);
}

interface Part {
  readonly rollout: Rollout;
}

function OverTime({ rollout }: Part) {
  const { revision, began, stepped, next } = rollout;
  const noted = useAsked<readonly RolloutCounts[]>(
    `/v1/rollouts/${revision}/counts`,
    next ? now.value : stepped,
  );
  return (
    <>
      <h2>Over time</h2>
      <Shown of={noted}>
        {(counts) =>
          counts.length === 0 ? (
            <p>Not known: it ended before this was noted.</p>
          ) : (
            <Lines
              name="Devices that are done, that failed and that are silent"
              lines={rolloutLines(rollout, counts)}
              from={began}
              to={next ? Date.now() : stepped}
            />
          )
        }
      </Shown>
      <Same command={`get-rollout --revision ${revision} --over-time`} />
    </>
  );
}

/** Of one that is over the log tells what failed; of what a packet brings it does not tell by which rollout that came. */
function FailedThen({ rollout: { revision, began, stepped } }: Part) {
  const log = useAsked(String([began, stepped]), 0, (_path, { signal }) =>
    readLog({ kinds: ["transaction"], since: began, until: stepped }, signal),
  );
  return (
    <Shown of={log}>
      {({ events, isWhole }) => (
        <>
          <Failures devices={failingOf(revision, events)} />
          {!isWhole && <p class="faint">What happened at its beginning is more than is read here.</p>}
        </>
      )}
    </Shown>
  );
}

/** Those that stand somewhere, of all its open waves. */
function devicesPath(revision: number, progress: string, wave?: string): string {
  return query(`/v1/rollouts/${revision}/devices`, { wave, progress, limit: DEVICES });
}

function Failed({ rollout: { revision } }: Part) {
  const failed = useLive<readonly RolloutDevice[]>(devicesPath(revision, "failed"));
  return (
    <>
      <Shown of={failed}>{(devices) => <Failures devices={devices} />}</Shown>
      <Same command={`get-rollout --revision ${revision} --state failed`} />
    </>
  );
}

function Failures({ devices }: { readonly devices: Parameters<typeof failuresOf>[0] }) {
  return (
    <>
      <h2>Failures</h2>
      {devices.length === 0 ? (
        <p>None.</p>
      ) : (
        <Table
          name="Failures by error"
          columns={["#devices", "error", "what", "which"]}
          rows={failuresOf(devices).map(({ code, message, hint, ids }) => [
            ids.length,
            <code key="code">{code}</code>,
            `${message}${hint === undefined ? "" : ` (${hint})`}`,
            <Ids key="ids" ids={ids} />,
          ])}
        />
      )}
    </>
  );
}

function Ids({ ids }: { readonly ids: readonly string[] }) {
  return (
    <>
      {ids.slice(0, 5).map((id, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <a href={pathOf("devices", id)}>{id}</a>
        </span>
      ))}
      {ids.length > 5 && ` and ${ids.length - 5} more`}
    </>
  );
}

function Devices({ rollout: { revision, perWave } }: Part) {
  const asked = here.value.query;
  const wave =
    asked.get("wave") ?? String(Math.max(1, perWave.filter(({ opened }) => opened !== null).length));
  const progress = asked.get("progress") ?? "busy";
  const devices = useLive<readonly RolloutDevice[]>(devicesPath(revision, progress, wave));
  const choose = (words: { wave?: string; progress?: string }): void =>
    go(query(pathOf("rollouts", String(revision)), { wave, progress, ...words }), "replace");
  return (
    <>
      <h2>Devices of a wave</h2>
      <p class="choices">
        <Choice
          name="wave"
          value={wave}
          words={perWave.map((one, index) => [
            String(index + 1),
            `${index + 1}: ${one.wave}`,
            one.opened === null,
          ])}
          onChosen={(chosen) => choose({ wave: chosen })}
        />
        <Choice
          name="that are"
          value={progress}
          words={PROGRESS_WORDS.map((word) => [word])}
          onChosen={(chosen) => choose({ progress: chosen })}
        />
      </p>
      <Shown of={devices}>{(found) => <DeviceTable devices={found} />}</Shown>
      <Same
        command={`get-rollout --revision ${revision} --wave ${shellWord(wave)} --state ${shellWord(progress)}`}
      />
    </>
  );
}

function DeviceTable({ devices }: { readonly devices: readonly RolloutDevice[] }) {
  if (devices.length === 0) return <p>None.</p>;
  return (
    <>
      <Table
        name="Devices of the wave"
        columns={["device", "stands", "presence", "last seen", "why"]}
        rows={devices.map(({ id, progress, excused, connected, lastSeen, problem }) => [
          <a key="id" data-row href={pathOf("devices", id)}>
            {id}
          </a>,
          <Status key="s" of="progress" word={progress} text={excused ? `${progress}, excused` : progress} />,
          <Status key="p" of="presence" word={connected ? "connected" : "not connected"} />,
          lastSeen === null ? "never" : <Time key="seen" at={lastSeen} />,
          problem?.message ?? "",
        ])}
      />
      {devices.length === DEVICES && <p class="faint">The first {DEVICES} of them.</p>}
    </>
  );
}

function Changed({ revision }: { readonly revision: number }) {
  const changes = useAsked<Changes>(query("/v1/changes", { from: revision - 1, to: revision }));
  return (
    <>
      <Shown of={changes}>{({ changes: found }) => <Differences changes={found} />}</Shown>
      <Same command={`diff --from ${revision - 1} --to ${revision}`} />
    </>
  );
}

/** Which packets devices get. */
function Brought({ revision }: { readonly revision: number }) {
  const brought = useLive<readonly RolloutPacket[]>(`/v1/rollouts/${revision}/packets`);
  return (
    <>
      <Shown of={brought}>
        {(packets) => (
          <Table
            name="Packets that it brings"
            columns={["app", "before", "after", "#devices"]}
            rows={packets.map(({ name, from, to, devices }) => [
              name,
              <Packet key="from" of={from} />,
              <Packet key="to" of={to} />,
              devices,
            ])}
          />
        )}
      </Shown>
      <Same command={`get-rollout --revision ${revision} --packets`} />
    </>
  );
}

function Packet({ of: packet }: { readonly of: RolloutPacket["from"] }) {
  if (!packet) return <>-</>;
  return (
    <a href={pathOf("packets", packet.digest)}>
      <Tags tags={packet.tags} />
    </a>
  );
}

function Steps({ rollout: { steps } }: { readonly rollout: Rollout }) {
  return (
    <>
      <h2>Steps</h2>
      <Table
        name="Steps"
        columns={["time", "status", "wave", "#admitted", "by", "why"]}
        rows={steps
          .toSorted((a, b) => b.step - a.step)
          .map(({ time, status, wave, devices, author, message, trouble }) => [
            <Time key="time" at={time} />,
            <Status key="status" of="rollout" word={status} />,
            wave,
            devices,
            author,
            [trouble === null ? "" : troubleText(trouble), message].filter(Boolean).join(": "),
          ])}
      />
    </>
  );
}
