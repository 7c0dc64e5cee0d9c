import { entryCells, type Packet, policyText, shellWord, shortDigest } from "@jamesd/model";
import type { PacketImpact, PacketInfo, ReplyOf } from "@jamesd/protocol";
import { type SentPacket, wholePacket } from "../../logic/packet.ts";
import { devicesAt, pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { sizeText } from "../../logic/size.ts";
import { specsWanting } from "../../logic/specs.ts";
import { useAsked, useLive } from "../asked.ts";
import { summary } from "../fleet.ts";
import { Shown } from "../parts/asked.tsx";
import { PacketDifference } from "../parts/packet-difference.tsx";
import { Scripts } from "../parts/scripts.tsx";
import { Section } from "../parts/section.tsx";
import { Page } from "../parts/shell.tsx";
import { Table, Tags } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { here } from "../place.ts";

/** A packet: what it is, who needs it, its scripts and files, and what differs from another one. */
export function PacketPage({ id }: { readonly id: string }) {
  const packet = useAsked<SentPacket>(`/v1${pathOf("packets", id)}`);
  const name = packet.said?.name;
  const named = useAsked<readonly PacketInfo[]>(
    name === undefined ? undefined : query("/v1/packets", { name }),
  );
  const title = packet.said ? `Packet ${packet.said.name}` : "Packet";
  return (
    <Page title={title} command={`get-packet --digest ${shellWord(shortDigest(id))} --output table`}>
      <Shown of={packet}>{(sent) => <Whole packet={wholePacket(sent)} named={named.said ?? []} />}</Shown>
    </Page>
  );
}

function Whole({ packet, named }: { readonly packet: Packet; readonly named: readonly PacketInfo[] }) {
  const against = here.value.query.get("against") ?? undefined;
  return (
    <>
      <Facts packet={packet} info={named.find(({ digest }) => digest === packet.digest)} />
      <NeededBy packet={packet} />
      <Scripts packet={packet} />
      <Files packet={packet} />
      <PacketDifference packet={packet} named={named} against={against} />
    </>
  );
}

function Facts({ packet, info }: { readonly packet: Packet; readonly info: PacketInfo | undefined }) {
  const { tags, digest, conffiles, volatile, policy, setid, agent } = packet;
  return (
    <dl class="facts">
      <dt>tags</dt>
      <dd>
        <Tags tags={tags} />
      </dd>
      <dt>digest</dt>
      <dd>
        <code>{digest}</code>
      </dd>
      {info && (
        <>
          <dt>came</dt>
          <dd>
            <Time at={info.uploaded} /> from {info.author}: {info.files} files, {sizeText(info.size)}
          </dd>
        </>
      )}
      <dt>policy</dt>
      <dd>{policyText(policy)}</dd>
      {[
        ["edited on devices", conffiles],
        ["written by its scripts", volatile],
      ].map(([what, paths]) =>
        paths && paths.length > 0 ? (
          <>
            <dt>{what}</dt>
            <dd>{(paths as readonly string[]).map((path) => `/${path}`).join(", ")}</dd>
          </>
        ) : undefined,
      )}
      {(setid || agent) && (
        <>
          <dt>may</dt>
          <dd class="odd">
            {[setid && "hold setuid and setgid files", agent && "replace what an agent runs by"]
              .filter(Boolean)
              .join("; ")}
          </dd>
        </>
      )}
    </dl>
  );
}

function NeededBy({ packet }: { readonly packet: Packet }) {
  const { digest } = packet;
  const specs = useAsked<ReplyOf<"listSpecs">>("/v1/specs", summary.value?.revision);
  const impact = useLive<PacketImpact>(query("/v1/impact", { remove: digest }));
  const has = summary.value?.packets.find((one) => one.digest === digest)?.devices;
  const wanting = specsWanting(packet, specs.said ?? []);
  return (
    <Section id="needed" name="Who needs it">
      <p>
        <a href={devicesAt(`packet:${shortDigest(digest)}`)}>
          {has ?? (summary.value?.morePackets ? "Some" : 0)} {has === 1 ? "device has" : "devices have"} it
        </a>
        {impact.said &&
          `; without it ${impact.said.devices} would get another packet, or none (${impact.said.unsatisfiable})`}
        .
      </p>
      {wanting.length > 0 && (
        <Table
          name="Specs that may mean it"
          columns={["spec", "asks for", "gets this packet where a device has"]}
          rows={wanting.map(({ id, tags, needs }) => [
            <a key="id" href={pathOf("specs", id)}>
              {id}
            </a>,
            <Tags key="tags" tags={tags} />,
            needs.length === 0 ? "nothing more" : <Tags key="needs" tags={needs} />,
          ])}
        />
      )}
    </Section>
  );
}

function Files({ packet }: { readonly packet: Packet }) {
  const { manifest, digest } = packet;
  return (
    <Section id="files" name="Files">
      {manifest.length === 0 ? (
        <p>It has none.</p>
      ) : (
        <Table
          name="Files"
          columns={["mode", "owner", "#size", "path"]}
          rows={manifest.map((entry) =>
            entryCells(entry).map((cell, column) => (column === 3 ? <code key="path">{cell}</code> : cell)),
          )}
        />
      )}
      <p>
        <a href={`/v1/packets/${digest}/archive`} download={`${shortDigest(digest)}.tar`}>
          As a tar
        </a>
      </p>
    </Section>
  );
}
