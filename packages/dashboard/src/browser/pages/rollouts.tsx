import type { RolloutInfo } from "@jamesd/protocol";
import { troubleText } from "@jamesd/protocol/words";
import { pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { isOver } from "../../logic/rollout.ts";
import { useLive } from "../asked.ts";
import { Shown } from "../parts/asked.tsx";
import { Progress, Rollouts, Spread } from "../parts/rollouts.tsx";
import { Section } from "../parts/section.tsx";
import { Page } from "../parts/shell.tsx";
import { Status } from "../parts/status.tsx";
import { Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { here } from "../place.ts";

/** So many rollouts are a page. */
const PAGE = 50;

/** All rollouts: how the live ones are, and what became of those that are over. */
export function RolloutsPage() {
  const before = here.value.query.get("before") ?? undefined;
  const listed = useLive<readonly RolloutInfo[]>(query("/v1/rollouts", { all: "true", before, limit: PAGE }));
  return (
    <Page title="Rollouts" command="list-rollouts --all">
      {before === undefined && <Rollouts name="Live" />}
      <Section id="over" name="Over">
        <Shown of={listed}>
          {(found) => {
            const over = found.filter(isOver);
            return (
              <>
                {over.length === 0 ? <p>None.</p> : <Over rollouts={over} />}
                {found.length === PAGE && (
                  <p>
                    <a href={query("/rollouts", { before: found.at(-1)?.revision })}>Older ones</a>
                  </p>
                )}
              </>
            );
          }}
        </Shown>
      </Section>
    </Page>
  );
}

function Over({ rollouts }: { readonly rollouts: readonly RolloutInfo[] }) {
  return (
    <Table
      name="Rollouts that are over"
      columns={["rollout", "became", "spread", "began", "ended", "#admitted", "devices", "by", "message"]}
      rows={rollouts.map((rollout) => {
        const { revision, began, stepped, admitted, counts, author, message } = rollout;
        return [
          <a key="revision" data-row href={pathOf("rollouts", String(revision))}>
            {revision}
          </a>,
          <Status key="status" of="rollout" word={rollout.status} text={becameText(rollout)} />,
          <Spread key="spread" rollout={rollout} />,
          <Time key="began" at={began} />,
          <Time key="ended" at={stepped} />,
          admitted,
          counts ? <Progress key="devices" of={counts} /> : "not known",
          author,
          message || "-",
        ];
      })}
    />
  );
}

function becameText({ status, trouble, endedBy }: RolloutInfo): string {
  const by = endedBy === null ? "" : ` by ${endedBy}`;
  return `${status}${by}${trouble === null ? "" : `, ${troubleText(trouble)}`}`;
}
