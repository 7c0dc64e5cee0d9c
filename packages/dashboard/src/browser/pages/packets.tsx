import { counted, shellWord, shortDigest } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { devicesAt, pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { sizeText } from "../../logic/size.ts";
import { useLive } from "../asked.ts";
import { summary } from "../fleet.ts";
import { Shown } from "../parts/asked.tsx";
import { Page } from "../parts/shell.tsx";
import { Table, Tags } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { go, here } from "../place.ts";

/** All packets, or those of a name, with tags, or that nobody needs. */
export function Packets() {
  const words = here.value.query;
  const [name, tags] = [words.get("name") ?? "", words.get("tags") ?? ""];
  const isUnneeded = words.get("unneeded") === "true";
  const path = query("/v1/packets", { name, tags, unneeded: isUnneeded ? "true" : "" });
  const packets = useLive<readonly PacketInfo[]>(path);
  const flags = [name && ` --name ${shellWord(name)}`, tags && ` --tags ${shellWord(tags)}`].filter(Boolean);
  return (
    <Page title="Packets" command={`list-packets${flags.join("")}`}>
      <form key={path} class="choices" aria-label="Which packets" onSubmit={choose}>
        <label>
          name <input name="name" defaultValue={name} />
        </label>
        <label>
          with the tags <input name="tags" defaultValue={tags} placeholder="armv7l,v1" />
        </label>
        <label>
          <input type="checkbox" name="unneeded" defaultChecked={isUnneeded} value="true" /> that nobody needs
        </label>
        <button type="submit">Show</button>
      </form>
      <Shown of={packets}>
        {(found) => <Found packets={found} isAll={flags.length === 0 && !isUnneeded} />}
      </Shown>
    </Page>
  );
}

function choose(event: SubmitEvent): void {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  const words = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value).trim()]);
  go(query("/packets", Object.fromEntries(words)));
}

function Found({ packets, isAll }: { readonly packets: readonly PacketInfo[]; readonly isAll: boolean }) {
  if (packets.length === 0)
    return isAll ? (
      <p>
        There is none. <code>jamesd-ctl add-packet --help</code> says how one comes here.
      </p>
    ) : (
      <p>There is none like that.</p>
    );
  const installed = new Map(summary.value?.packets.map(({ digest, devices }) => [digest, devices]));
  return (
    <>
      <p>{counted(packets.length, "packet")}</p>
      <Table
        name="Packets"
        columns={["packet", "tags", "digest", "#files", "#size", "#devices", "uploaded", "by"]}
        rows={packets.map(({ name, tags, digest, files, size, uploaded, author }) => [
          <a key="name" data-row href={pathOf("packets", digest)}>
            {name}
          </a>,
          <Tags key="tags" tags={tags} />,
          <code key="digest">{shortDigest(digest)}</code>,
          files,
          sizeText(size),
          <a key="devices" href={devicesAt(`packet:${shortDigest(digest)}`)}>
            {installed.get(digest) ?? (summary.value?.morePackets ? "?" : 0)}
          </a>,
          <Time key="time" at={uploaded} />,
          author,
        ])}
      />
    </>
  );
}
