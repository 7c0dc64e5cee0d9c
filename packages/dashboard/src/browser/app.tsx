import { DevicePage } from "./pages/device.tsx";
import { Devices } from "./pages/devices.tsx";
import { Confirm } from "./parts/confirm.tsx";
import { KeyHelp } from "./parts/key-help.tsx";
import "./pages.css";
import { History } from "./pages/history.tsx";
import { Overview } from "./pages/overview.tsx";
import { PacketPage } from "./pages/packet.tsx";
import { Packets } from "./pages/packets.tsx";
import { RolloutPage } from "./pages/rollout.tsx";
import { RolloutsPage } from "./pages/rollouts.tsx";
import { SpecPage } from "./pages/spec.tsx";
import { Specs } from "./pages/specs.tsx";
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
    case "rollouts":
      return <RolloutsPage />;
    case "rollout":
      return <RolloutPage key={place.id} id={place.id} />;
    case "history":
      return <History />;
    case "specs":
      return <Specs />;
    case "spec":
      return <SpecPage key={place.id} id={place.id} />;
    case "packets":
      return <Packets />;
    case "packet":
      return <PacketPage key={place.id} id={place.id} />;
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
