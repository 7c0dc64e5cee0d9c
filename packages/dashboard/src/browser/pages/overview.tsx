import { summary } from "../fleet.ts";
import { Page } from "../parts/shell.tsx";

/** How the fleet is as a whole, and what needs somebody. */
export function Overview() {
  const known = summary.value;
  return (
    <Page title="Fleet" command="list-systems">
      {known && (
        <p>
          {known.devices} devices, {known.connected} connected
        </p>
      )}
    </Page>
  );
}
