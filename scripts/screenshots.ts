import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readCommandLine } from "./command-line.ts";
import { Camera } from "./screenshots/camera.ts";
import { Demo } from "./screenshots/demo.ts";
import { PICTURES } from "./screenshots/pictures.ts";
import { setScene } from "./screenshots/scene.ts";

const FOLDER = fileURLToPath(new URL("../docs/dashboard", import.meta.url));

/** Takes the pictures of the documentation, all or those that are named, from the demo with more devices. */
async function main(names: readonly string[]): Promise<void> {
  const wanted = Object.values(PICTURES)
    .flat()
    .filter(({ name }) => names.length === 0 || names.includes(name));
  mkdirSync(FOLDER, { recursive: true });
  await using demo = await Demo.start();
  await using scene = await setScene(demo);
  await using camera = await Camera.open(demo);
  for (const picture of wanted) {
    await camera.take(picture, scene, FOLDER);
    console.log(`docs/dashboard/${picture.name}.webp`);
  }
}

await main(readCommandLine("run screenshots -- [NAME...]", { allowPositionals: true }).positionals);
