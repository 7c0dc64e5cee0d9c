import { planText } from "@jamesd/model";
import type { ReplyOf } from "@jamesd/protocol";
import { devicesAt, pathOf } from "../../logic/places.ts";
import { filterOf } from "../../logic/specs.ts";
import { useAsked } from "../asked.ts";
import { summary } from "../fleet.ts";
import { Shown } from "../parts/asked.tsx";
import { Page } from "../parts/shell.tsx";
import { Table, Tags } from "../parts/table.tsx";

/** All specs. */
export function Specs() {
  const specs = useAsked<ReplyOf<"listSpecs">>("/v1/specs", summary.value?.revision);
  return (
    <Page title="Specs" command="list-specs">
      <Shown of={specs}>
        {(found) =>
          found.length === 0 ? (
            <p>
              There is none. <code>jamesd-ctl apply -f FILE</code> makes one: what all devices with some tags
              should have.
            </p>
          ) : (
            <Table
              name="Specs"
              columns={["spec", "selector", "apps", "a change spreads", "revision", "for"]}
              rows={found.map(rowOf)}
            />
          )
        }
      </Shown>
    </Page>
  );
}

function rowOf({ id, selector, apps, rollout, revision }: ReplyOf<"listSpecs">[number]) {
  return [
    <a key="id" data-row href={pathOf("specs", id)}>
      {id}
    </a>,
    selector.length === 0 ? "all devices" : <Tags key="selector" tags={selector} />,
    apps.map(({ name }) => name).join(", ") || "none",
    rollout ? planText(rollout) : "at once",
    revision,
    <a key="devices" href={devicesAt(filterOf(selector))}>
      its devices
    </a>,
  ];
}
