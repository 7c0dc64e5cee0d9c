import { shortDigest } from "@jamesd/model";
import type { Device } from "@jamesd/protocol";
import { type AppLine, appLines } from "../../../logic/device-story.ts";
import { pathOf } from "../../../logic/places.ts";
import { Section } from "../section.tsx";
import { Status } from "../status.tsx";

/** What a device should have, by whom, and what it has. */
export function Apps({ device }: { readonly device: Device }) {
  const lines = appLines(device);
  const { revision } = device;
  return (
    <Section id="apps" name="Apps">
      {lines.length === 0 ? (
        <p>It has none, and should have none.</p>
      ) : (
        <ul class="items">
          {lines.map((line) => (
            <App key={line.name} line={line} />
          ))}
        </ul>
      )}
      {revision !== null && <p class="faint">Revision {revision} changed last what it should have.</p>}
    </Section>
  );
}

function App({ line: { name, wanted, installed, state } }: { readonly line: AppLine }) {
  const digest = wanted?.digest ?? installed?.digest;
  const isSame = state === "installed";
  return (
    <li>
      <strong>{name}</strong> <Status of="app" word={state} />
      <br />
      {wanted && (
        <>
          {isSame ? "" : "wanted: "}
          {wanted.tags.join(", ") || "any version"},{" "}
          {wanted.spec === null ? (
            "its own desired state"
          ) : (
            <a href={pathOf("specs", wanted.spec)}>spec {wanted.spec}</a>
          )}
        </>
      )}
      {installed && !isSame && (
        <>
          {wanted && <br />}has: {installed.tags.join(", ") || "no tags"}
        </>
      )}
      {digest !== undefined && (
        <>
          {" "}
          <a class="digest" href={pathOf("packets", digest)} title={digest}>
            {shortDigest(digest)}
          </a>
        </>
      )}
    </li>
  );
}
