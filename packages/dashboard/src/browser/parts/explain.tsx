import type { App } from "@jamesd/model";
import { shellWord, shortDigest } from "@jamesd/model";
import type { Explanation } from "@jamesd/protocol";
import { useState } from "preact/hooks";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { useAsked } from "../asked.ts";
import { Same, Shown } from "./asked.tsx";
import { Choice, Section } from "./section.tsx";
import { Table, Tags } from "./table.tsx";

/** Says which packet an app is on a device, and what the others lack. */
export function Explain({ apps }: { readonly apps: readonly App[] }) {
  const [name, setName] = useState(apps[0]?.name ?? "");
  const [device, setDevice] = useState("");
  const tags = (apps.find((app) => app.name === name)?.tags ?? []).join(",");
  const path = device === "" ? undefined : query(`/v1${pathOf("devices", device)}/explain`, { name, tags });
  const explained = useAsked<Explanation>(path);
  return (
    <Section id="explain" name="Which packet, and why">
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          setDevice(String(new FormData(event.currentTarget).get("device") ?? "").trim());
        }}
      >
        <Choice name="app" value={name} words={apps.map((app) => [app.name])} onChosen={setName} />
        <label>
          on the device <input name="device" />
        </label>
        <button type="submit">Explain</button>
      </form>
      {device !== "" && (
        <>
          <Shown of={explained}>{(said) => <Candidates said={said} />}</Shown>
          <Same
            command={`explain --id ${shellWord(device)} --app ${shellWord(name)}${tags && ` --tags ${shellWord(tags)}`}`}
          />
        </>
      )}
    </Section>
  );
}

function Candidates({ said: { candidates, chosen, more, systemtags } }: { readonly said: Explanation }) {
  return (
    <>
      <p>
        The device has <Tags tags={systemtags} />.
      </p>
      {candidates.length === 0 ? (
        <p>There is no packet of this name.</p>
      ) : (
        <Table
          name="Packets of this name"
          columns={["packet", "tags", "what it lacks here"]}
          rows={candidates.map(({ digest, tags, missing }) => [
            <a key="digest" href={pathOf("packets", digest)}>
              {shortDigest(digest)}
            </a>,
            <Tags key="tags" tags={tags} />,
            digest === chosen ? (
              <b key="chosen">nothing: this one</b>
            ) : missing.length === 0 ? (
              "nothing, but another is better"
            ) : (
              <Tags key="missing" tags={missing} />
            ),
          ])}
        />
      )}
      {more > 0 && <p class="faint">{more} more are left out.</p>}
    </>
  );
}
