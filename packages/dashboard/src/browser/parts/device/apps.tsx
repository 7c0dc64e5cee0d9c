import { shortDigest } from "@jamesd/model";
import type { Device } from "@jamesd/protocol";
import { reinstallOf } from "../../../logic/device-actions.ts";
import { type AppLine, appLines } from "../../../logic/device-story.ts";
import { pathOf } from "../../../logic/places.ts";
import { Section } from "../section.tsx";
import { Status } from "../status.tsx";
import { type Act, ActionButton } from "./actions.tsx";

/** What a device should have, by whom, and what it has. */
export function Apps({ device, act }: { readonly device: Device; readonly act: Act }) {
  const lines = appLines(device);
  return (
    <Section id="apps" name="Apps">
      {lines.length === 0 ? (
        <p>It has none, and should have none.</p>
      ) : (
        <ul class="items">
          {lines.map((line) => (
            <li key={line.name}>
              <App line={line} />
              {line.state === "installed" && (
                <ActionButton action={reinstallOf(device, line.name)} act={act} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function App({ line: { name, wanted, installed, state } }: { readonly line: AppLine }) {
  const isSame = state === "installed";
  return (
    <>
      <strong>{name}</strong> <Status of="app" word={state} />
      {wanted && (
        <p>
          {isSame ? "" : "wanted: "}
          {wanted.tags.join(", ") || "any version"},{" "}
          {wanted.spec === null ? (
            "its own desired state"
          ) : (
            <a href={pathOf("specs", wanted.spec)}>spec {wanted.spec}</a>
          )}{" "}
          <PacketLink digest={wanted.digest} />
        </p>
      )}
      {installed && !isSame && (
        <p>
          has: {installed.tags.join(", ") || "no tags"} <PacketLink digest={installed.digest} />
        </p>
      )}
    </>
  );
}

function PacketLink({ digest }: { readonly digest: string | null }) {
  if (digest === null) return null;
  return (
    <a class="digest" href={pathOf("packets", digest)} title={digest}>
      {shortDigest(digest)}
    </a>
  );
}
