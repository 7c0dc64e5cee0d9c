import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { COMMANDS } from "../../src/commands/index.ts";
import { run } from "../../src/run.ts";

/** What a command line says. */
async function said(argv: readonly string[]): Promise<string> {
  const texts: string[] = [];
  const write = (text: string): void => void texts.push(text);
  const { signal } = new AbortController();
  const output = { out: write, err: write };
  await run(argv, { env: {}, output, isTerminal: false, stdin: Readable.from([]), signal });
  return texts.join("");
}

test("an app is --app in every command", () => {
  const apps = COMMANDS.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([flag, { help }]) =>
      /^(the app|only devices that have this app)$/.test(help) ? [`${name} --${flag}`] : [],
    ),
  );
  assert.deepEqual(apps.sort(), ["explain --app", "list-systems --app", "reinstall --app", "renew --app"]);
});

test("what the app was called before is still taken, and shown nowhere", async () => {
  for (const form of [["--app", "vpn"], ["--name", "vpn"], ["--name=vpn"], ["vpn"]])
    assert.match(await said(["explain", "--id", "d", ...form]), /no ca, cert, key/, form.join(" "));
  const twice = await said(["explain", "--id", "d", "--name", "a", "--app", "b"]);
  assert.match(twice, /--app is given twice: a and b/);
  assert.doesNotMatch(await said(["explain", "--help"]), /--name </);
});
