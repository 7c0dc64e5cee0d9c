import { DevicePage } from "./pages/device.tsx";
import { Devices } from "./pages/devices.tsx";
import { Overview } from "./pages/overview.tsx";
import { Confirm } from "./parts/confirm.tsx";
import { KeyHelp } from "./parts/key-help.tsx";
import { Shell } from "./parts/shell.tsx";
import { here } from "./place.ts";

function Here() {
  const { place } = here.value;
  switch (place.page) {
    case "overview":
      return <Overview />;
    case "devices":
      return <Devices />;
    case "device":
      return <DevicePage key={place.id} id={place.id} />;
    default:
      return <p>There is no such page.</p>;
  }
}

/** The dashboard. */
export function App() {
  return (
    <Shell>
      <Here />
      <Confirm />
      <KeyHelp />
    </Shell>
  );
}
