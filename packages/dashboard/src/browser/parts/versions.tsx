import { numberText, shortDigest } from "@jamesd/model";
import { useState } from "preact/hooks";
import { devicesAt, pathOf } from "../../logic/places.ts";
import { beginningOf } from "../../logic/step-line.ts";
import {
  type AppVersions,
  appVersions,
  KINDS_OF_VERSIONS,
  linesByName,
  versionLines,
} from "../../logic/versions.ts";
import { useAsked } from "../asked.ts";
import { now } from "../due.ts";
import { summary } from "../fleet.ts";
import { readLog } from "../log.ts";
import { Same, Shown } from "./asked.tsx";
import { Lines } from "./lines.tsx";
import { Choice, Section } from "./section.tsx";
import { Table, Tags } from "./table.tsx";

/** What comes below it is not to be far away. */
const SHOWN = 20;
const HOUR_MS = 3_600_000;
const RANGES = [
  { words: "the last hour", ms: HOUR_MS },
  { words: "the last day", ms: 24 * HOUR_MS },
  { words: "the last week", ms: 7 * 24 * HOUR_MS },
] as const;

/** Which versions of each app devices have, and had. */
export function Versions() {
  const known = summary.value;
  const apps = appVersions(known?.packets ?? []);
  if (!known || apps.length === 0) return undefined;
  return (
    <Section id="versions" name="Versions">
      <Table
        name="Versions"
        first={SHOWN}
        columns={["app", "version", "packet", "#devices"]}
        rows={apps.flatMap(({ name, versions }) =>
          versions.map(({ digest, tags, devices }) => [
            name,
            <Tags key="tags" tags={tags} />,
            <a key="packet" href={pathOf("packets", digest)}>
              {shortDigest(digest)}
            </a>,
            <a key="devices" href={devicesAt(`packet:${shortDigest(digest)}`)}>
              {numberText(devices)}
            </a>,
          ]),
        )}
      />
      {known.morePackets > 0 && (
        <p class="faint">{known.morePackets} packets on fewer devices are left out.</p>
      )}
      <OverTime apps={apps} />
      <Same command={`events --kinds ${KINDS_OF_VERSIONS.join(",")} --since 1d`} />
    </Section>
  );
}

function OverTime({ apps }: { readonly apps: readonly AppVersions[] }) {
  const [name, setName] = useState(apps[0]?.name);
  const [range, setRange] = useState(1);
  const app = apps.find((one) => one.name === name) ?? apps[0];
  return (
    <>
      <h3>Over time</h3>
      <p class="choices">
        <Choice name="app" value={app?.name ?? ""} words={apps.map((one) => [one.name])} onChosen={setName} />
        <Choice
          name="in"
          value={String(range)}
          words={RANGES.map(({ words }, index) => [String(index), words])}
          onChosen={(chosen) => setRange(Number(chosen))}
        />
      </p>
      {app && <OneApp app={app} range={(RANGES[range] ?? RANGES[1]).ms} />}
    </>
  );
}

function OneApp({ app: { name }, range }: { readonly app: AppVersions; readonly range: number }) {
  const read = useAsked(String(range), now.value, async (_path, { signal }) => {
    const log = await readLog({ kinds: KINDS_OF_VERSIONS, since: Date.now() - range }, signal);
    // The counts of now: both are of about the same time then.
    return { ...log, to: Date.now(), packets: summary.peek()?.packets ?? [] };
  });
  return (
    <Shown of={read}>
      {({ events, from, to, packets, isWhole }) => {
        const versions = packets.filter((one) => one.name === name);
        const lines = linesByName(versionLines({ name, versions }, events, from));
        return (
          <>
            <Lines
              name={`Devices with each version of ${name}`}
              lines={lines}
              from={beginningOf(
                lines.map(({ points }) => points),
                from,
              )}
              to={to}
            />
            {!isWhole && <p class="faint">What happened before is more than is read here.</p>}
          </>
        );
      }}
    </Shown>
  );
}
