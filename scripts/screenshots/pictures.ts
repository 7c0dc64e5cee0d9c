import type { Page } from "playwright-core";
import type { Place } from "../../packages/dashboard/src/logic/places.ts";
import type { Scene } from "./scene.ts";

/** A picture of a page of the dashboard. */
export interface Picture {
  /** Its file is `docs/dashboard/NAME.webp`. */
  readonly name: string;
  /** Where in the dashboard. */
  readonly path: (scene: Pick<Scene, "rollout" | "packets">) => string;
  /** It is not taken before this is there to be read. */
  readonly shows: string;
  readonly isDark?: true;
  /** As on a phone. */
  readonly isNarrow?: true;
  /** What is done on the page before. */
  readonly first?: (page: Page) => Promise<void>;
}

/** At least one of each page. */
export const PICTURES: Readonly<
  Record<Exclude<Place["page"], "nowhere">, readonly [Picture, ...(readonly Picture[])]>
> = {
  overview: [
    { name: "fleet", path: () => "/", shows: "Last events" },
    { name: "fleet-dark", path: () => "/", shows: "Last events", isDark: true },
  ],
  devices: [
    { name: "devices", path: () => "/devices", shows: "12 devices" },
    {
      ...{ name: "devices-dark", path: () => "/devices?q=-sync:in-sync", shows: "of 12 devices" },
      isDark: true,
    },
  ],
  device: [
    { name: "device", path: () => "/devices/device-2", shows: "Facts" },
    { name: "device-narrow", path: () => "/devices/device-1", shows: "Facts", isNarrow: true },
  ],
  rollout: [{ name: "rollout", path: ({ rollout }) => `/rollouts/${rollout}`, shows: "admitted: " }],
  rollouts: [{ name: "rollouts", path: () => "/rollouts", shows: "Next: " }],
  history: [
    { name: "history", path: () => "/history", shows: "with the newest" },
    {
      ...{ name: "difference", path: ({ rollout }) => `/history?kind=spec&id=web&from=${rollout - 1}` },
      shows: "Who brought what",
    },
    {
      // What a rollout spreads is not reverted meanwhile.
      ...{ name: "revert", path: () => "/history?kind=device&id=device-1", shows: "revert to" },
      isDark: true,
      first: async (page) => {
        await page
          .getByRole("button", { name: /^revert to/ })
          .last()
          .click();
        await page.getByText("should have something else").waitFor();
      },
    },
  ],
  specs: [{ name: "specs", path: () => "/specs", shows: "its devices" }],
  spec: [
    {
      ...{ name: "spec", path: () => "/specs/web", shows: "Which packet, and why" },
      first: async (page) => {
        await page.getByRole("textbox", { name: "on the device" }).fill("gw-1");
        await page.keyboard.press("Enter");
        await page.getByText("nothing: this one").waitFor();
      },
    },
  ],
  packets: [{ name: "packets", path: () => "/packets", shows: "packets" }],
  packet: [
    { name: "packet", path: ({ packets: [newest] }) => `/packets/${newest}`, shows: "As a tar" },
    {
      name: "packets-compared",
      path: ({ packets: [newest, before] }) => `/packets/${newest}?against=${before}`,
      shows: "Files: ",
      first: async (page) => {
        await page.getByText("Files: ").scrollIntoViewIfNeeded();
      },
    },
  ],
};
