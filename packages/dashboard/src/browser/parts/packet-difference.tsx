import { comparePackets, type Packet, packetDifferenceRows, shortDigest } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { type SentPacket, wholePacket } from "../../logic/packet.ts";
import { differenceText } from "../../logic/packet-difference.ts";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { useAsked } from "../asked.ts";
import { go } from "../place.ts";
import { Same, Shown } from "./asked.tsx";
import { wentAndCame } from "./differences.tsx";
import { Choice, Section } from "./section.tsx";
import { Table } from "./table.tsx";

/** What differs between a packet and another one. */
export function PacketDifference({
  packet,
  named,
  against,
}: {
  readonly packet: Packet;
  /** Those of the same name. */
  readonly named: readonly PacketInfo[];
  readonly against: string | undefined;
}) {
  const others = named.filter(({ digest }) => digest !== packet.digest);
  const other = useAsked<SentPacket>(against === undefined ? undefined : `/v1${pathOf("packets", against)}`);
  return (
    <Section id="against" name="What differs from another one">
      {others.length === 0 && against === undefined && <p>There is no other packet of this name.</p>}
      {others.length > 0 && (
        <p class="choices">
          <Choice
            name="before it"
            value={against ?? ""}
            words={[
              ["", "choose one"],
              ...others.map(
                ({ digest, tags }) =>
                  [digest, `${tags.join(",") || "no tags"} (${shortDigest(digest)})`] as const,
              ),
            ]}
            onChosen={(chosen) => go(query(pathOf("packets", packet.digest), { against: chosen }), "replace")}
          />
        </p>
      )}
      {against !== undefined && (
        <>
          <Shown of={other}>{(before) => <Found before={wholePacket(before)} after={packet} />}</Shown>
          <Same command={`diff-packets ${shortDigest(against)} ${shortDigest(packet.digest)}`} />
        </>
      )}
    </Section>
  );
}

function Found({ before, after }: { readonly before: Packet; readonly after: Packet }) {
  const difference = comparePackets(before, after);
  return (
    <>
      <p>{differenceText(difference)}</p>
      <Table
        name="What differs"
        columns={["what", "change", "before", "after"]}
        rows={packetDifferenceRows(difference).map(([what, change, old, now]) => [
          <code key="what">{what}</code>,
          change,
          ...wentAndCame(old, now),
        ])}
      />
    </>
  );
}
