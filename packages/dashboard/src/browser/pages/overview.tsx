import { counted, numberText } from "@jamesd/model";
import { attentionOf } from "../../logic/attention.ts";
import { devicesAt } from "../../logic/places.ts";
import { summary } from "../fleet.ts";
import { LastEvents } from "../parts/last-events.tsx";
import { NoDevices } from "../parts/no-devices.tsx";
import { Rollouts } from "../parts/rollouts.tsx";
import { Section } from "../parts/section.tsx";
import { Page } from "../parts/shell.tsx";
import { Status } from "../parts/status.tsx";
import { Versions } from "../parts/versions.tsx";

/** How the fleet is as a whole, and what needs somebody. */
export function Overview() {
  return (
    <Page title="Fleet" command="list-systems">
      <Standing />
      <Rollouts />
      <Versions />
      <LastEvents />
    </Page>
  );
}

function Standing() {
  const known = summary.value;
  if (!known) return <p class="faint">…</p>;
  if (known.devices === 0) return <NoDevices />;
  const all = attentionOf(known);
  const wrong = all.filter(({ devices }) => devices > 0);
  const rest = ["in-sync", "pending", "unmanaged"].filter((word) => (known.sync[word] ?? 0) > 0);
  return (
    <Section id="attention" name="Needs attention">
      {wrong.length === 0 && <p>Nothing: {all.map(({ word }) => word).join(", ")} are all 0.</p>}
      <ul class="counts">
        {wrong.map(({ of, word, devices, address }) => (
          <li key={word}>
            <a class="count" href={address}>
              <b>{numberText(devices)}</b> <Status of={of} word={word} />
            </a>
          </li>
        ))}
      </ul>
      <p>
        <a href="/devices">{counted(known.devices, "device")}</a>, {numberText(known.connected)} connected
        {rest.map((word) => (
          <span key={word}>
            ,{" "}
            <span class="together">
              <a href={devicesAt(`sync:${word}`)}>{numberText(known.sync[word] ?? 0)}</a>{" "}
              <Status of="sync" word={word} />
            </span>
          </span>
        ))}
        ; at <a href="/history">revision {known.revision}</a>
      </p>
    </Section>
  );
}
