import "./lines.css";
import { counted, numberText } from "@jamesd/model";
import { mostOf, rowsOf, type Step, stepPath } from "../../logic/step-line.ts";
import { Table } from "./table.tsx";
import { Time } from "./time.tsx";

const BOX = { width: 600, height: 120 };
/** So many lines are told apart. */
const LINES = 5;
/** So many rows of the table behind it. */
const ROWS = 100;

/** How many devices, over time: lines that go in steps, and the table behind them. */
export function Lines({
  name,
  lines,
  from,
  to,
}: {
  readonly name: string;
  readonly lines: readonly { readonly label: string; readonly points: readonly Step[] }[];
  readonly from: number;
  readonly to: number;
}) {
  const most = mostOf(lines.map(({ points }) => points));
  const frame = { ...BOX, from, to, most };
  return (
    <figure class="lines">
      <span class="faint">{counted(most, "device")}</span>
      <svg
        viewBox={`-2 -4 ${BOX.width + 4} ${BOX.height + 8}`}
        role="img"
        aria-label={`${name}: the table below says the same`}
      >
        <path class="axis" d={`M0 0V${BOX.height}H${BOX.width}`} />
        {lines.slice(0, LINES).map(({ label, points }, index) => (
          <path key={label} class={`line line-${index}`} d={stepPath(points, frame)} />
        ))}
      </svg>
      <figcaption>
        <p class="ends faint">
          <Time at={from} /> <Time at={to} />
        </p>
        <ul class="legend">
          {lines.map(({ label, points }, index) => (
            <li key={label}>
              {index < LINES && (
                <svg class="key" viewBox="0 0 30 10" aria-hidden="true">
                  <path class={`line line-${index}`} d="M0 5H30" />
                </svg>
              )}
              {label}: {numberText(points.at(-1)?.devices ?? 0)}
            </li>
          ))}
        </ul>
      </figcaption>
      <details>
        <summary>As a table</summary>
        <Table
          name={name}
          columns={["from", ...lines.map(({ label }) => `#${label}`)]}
          rows={rowsOf(
            lines.map(({ points }) => points),
            ROWS,
          ).map(({ time, devices }) => [<Time key="time" at={time} />, ...devices])}
        />
      </details>
    </figure>
  );
}
