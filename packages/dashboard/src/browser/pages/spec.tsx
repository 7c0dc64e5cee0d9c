import { planText, policyText, shellWord } from "@jamesd/model";
import type { ReplyOf } from "@jamesd/protocol";
import { historyAt } from "../../logic/history.ts";
import { devicesAt, pathOf } from "../../logic/places.ts";
import { query } from "../../logic/query.ts";
import { filterOf } from "../../logic/specs.ts";
import { useAsked } from "../asked.ts";
import { summary } from "../fleet.ts";
import { Same, Shown } from "../parts/asked.tsx";
import { Explain } from "../parts/explain.tsx";
import { Page } from "../parts/shell.tsx";
import { Table, Tags } from "../parts/table.tsx";

type SpecShown = ReplyOf<"getSpec">;

/** A spec: for whom it is, what these should have, how a change spreads, and which packet an app of it is on a device. */
export function SpecPage({ id }: { readonly id: string }) {
  const spec = useAsked<SpecShown>(`/v1${pathOf("specs", id)}`, summary.value?.revision);
  return (
    <Page title={`Spec ${id}`} command={`get-spec --id ${shellWord(id)}`}>
      <Shown of={spec}>{(one) => <Content spec={one} />}</Shown>
    </Page>
  );
}

function Content({ spec }: { readonly spec: SpecShown }) {
  const { id, selector, apps, policy, rollout, spreads, revision } = spec;
  return (
    <>
      <dl class="facts">
        <dt>for</dt>
        <dd>
          {selector.length === 0 ? "all devices" : <Tags tags={selector} />}{" "}
          <a href={devicesAt(filterOf(selector))}>its devices</a>
        </dd>
        <dt>policy</dt>
        <dd>{policyText(policy)}</dd>
        <dt>a change spreads</dt>
        <dd>{rollout ? planText(rollout) : "at once"}</dd>
        <dt>since</dt>
        <dd>
          <a href={historyAt({ document: { kind: "spec", id }, from: revision - 1, to: revision })}>
            revision {revision}
          </a>
          , <a href={historyAt({ document: { kind: "spec", id } })}>its history, and who brought what</a>
        </dd>
        {spreads && (
          <>
            <dt>spreads</dt>
            <dd>
              <a href={pathOf("rollouts", String(spreads.revision))}>rollout {spreads.revision}</a>
            </dd>
          </>
        )}
      </dl>
      <h2>Apps</h2>
      {apps.length === 0 ? (
        <p>It wants none.</p>
      ) : (
        <Table
          name="Apps"
          columns={["app", "tags", "packets"]}
          rows={apps.map(({ name, tags }) => [
            name,
            <Tags key="tags" tags={tags} />,
            <a key="packets" href={query("/packets", { name })}>
              all of {name}
            </a>,
          ])}
        />
      )}
      {apps.length > 0 && <Explain apps={apps} />}
      <Same command={`diff --spec ${shellWord(id)} --from ${revision - 1}`} />
    </>
  );
}
