import { type Packet, SCRIPT_NAMES, shortDigest } from "@jamesd/model";
import { useState } from "preact/hooks";
import { sizeText } from "../../logic/size.ts";
import { askText } from "../api.ts";
import { useAsked } from "../asked.ts";
import { Same, Shown } from "./asked.tsx";
import { Section } from "./section.tsx";

/** More than this is not shown in a page. */
const MOST = 1024 * 1024;

/** The scripts of a packet, to be looked at before they run anywhere. */
export function Scripts({
  packet: { scripts, digest },
}: {
  readonly packet: Pick<Packet, "scripts" | "digest">;
}) {
  const there = SCRIPT_NAMES.flatMap((name) => {
    const content = scripts[name];
    return content ? [{ name, content }] : [];
  });
  return (
    <Section id="scripts" name="Scripts">
      {there.length === 0 && <p>It has none: nothing runs when it comes or goes.</p>}
      {there.map(({ name, content }) => (
        <Script key={name} name={name} {...content} />
      ))}
      {there.length > 0 && <Same command={`get-packet --digest ${shortDigest(digest)} --scripts DIR`} />}
    </Section>
  );
}

function Script({
  name,
  digest,
  size,
}: {
  readonly name: string;
  readonly digest: string;
  readonly size: number;
}) {
  const [isOpen, setOpen] = useState(false);
  const isShort = size <= MOST;
  const text = useAsked<string>(isOpen && isShort ? `/v1/blobs/${digest}` : undefined, 0, askText);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {name}, {sizeText(size)}
      </summary>
      {isShort ? (
        <Shown of={text}>
          {(said) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
            <pre tabIndex={0}>{said}</pre>
          )}
        </Shown>
      ) : (
        <p>It is too long to be shown here.</p>
      )}
    </details>
  );
}
