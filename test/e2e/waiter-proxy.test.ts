import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { HttpProxy, Program, requireTool, Sandbox, waitFor } from "@jamesd/testkit";

const DEVICE = "device-1";
// A name that nobody looks up but the proxy.
const SERVER = "jamesd.test";
const PASSWORD = "top secret/@:";

/** What processes whose command line has a word say in it, and in their environment. */
function seenOf(word: string): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return line.includes(word) ? [line] : [];
    } catch {
      return [];
    }
  });
}

interface Given {
  readonly tool: string;
  readonly user?: string;
  readonly path?: (sandbox: Sandbox) => string;
  readonly seen?: string;
}

/** A device behind a proxy waits with a tool, is updated, and is there again after the proxy has cut it off. */
async function waitsThrough({ tool, user, path, seen = tool }: Given): Promise<void> {
  await using sandbox = await Sandbox.create([DEVICE]);
  await sandbox.startServer();
  await using proxy = await HttpProxy.start(user === undefined ? {} : { user });
  for (const tag of ["v1", "v2"]) {
    const data = await sandbox.pack(`app-${tag}`, { "opt/app": tag });
    await sandbox.ctlOk("add-packet", "--name", "app", "--data", data, "--tags", tag);
  }
  const { stdout } = await sandbox.run("jamesc", ["waiter"]);
  const encoded = user?.split(":", 1).concat(encodeURIComponent(user.slice(user.indexOf(":") + 1)));
  const address = `${SERVER}:${sandbox.port}`;
  const flags = [...sandbox.agentFlags(DEVICE, ["x"]), "--addr", address];
  const waiter = new Program(["sh", sandbox.write("jamesc-waiter", stdout), ...flags], {
    env: {
      ...{ JAMESC_WAITER_WITH: tool, TMPDIR: sandbox.path(DEVICE) },
      ...{ JAMESC_PROXY: proxy.url(encoded?.join(":")), no_proxy: "*", https_proxy: "http://127.0.0.1:1" },
      ...(path && { PATH: `${path(sandbox)}:${process.env.PATH}` }),
    },
  });
  const asker = () => seenOf(address).find((line) => line.startsWith(`${seen}\0`));
  const want = async (tag: string) => {
    const file = sandbox.write("want.yaml", `id: ${DEVICE}\napps:\n- name: app\n  tags: [${tag}]\n`);
    await sandbox.ctlOk("set-desired-state", "--file", file, "--wait");
    assert.equal(readFileSync(`${sandbox.root(DEVICE)}/opt/app`, "utf8"), tag);
  };
  const isHeld = async () => (asker() && (await sandbox.device(DEVICE))?.connected) || undefined;
  const held = () => waitFor(`the check-in to be held by ${seen}: ${waiter.stderr}`, isHeld);
  try {
    await held();
    assert.doesNotMatch(asker() ?? "", /top secret|top%20secret/);
    await want("v1");
    await held();
    assert.ok(proxy.cut() > 0);
    await want("v2");
    assert.deepEqual([...new Set(proxy.asked)], [address]);
    assert.doesNotMatch(waiter.stdout + waiter.stderr, /secret/);
  } finally {
    await waiter.stop();
  }
}

test("a device waits with openssl through a proxy", { skip: requireTool("openssl", "perl") }, () =>
  waitsThrough({ tool: "openssl" }),
);

test("or with curl", { skip: requireTool("curl") }, () => waitsThrough({ tool: "curl" }));

for (const tool of ["openssl", "openssl_once", "curl"])
  test(
    `a proxy is told who asks, and nobody else: ${tool}`,
    { skip: requireTool("openssl", "perl", "curl") },
    () => waitsThrough({ tool, user: `me:${PASSWORD}`, seen: tool.replace("_once", "") }),
  );

test("where openssl cannot say who asks, curl does", { skip: requireTool("openssl", "perl", "curl") }, () => {
  const path = (sandbox: Sandbox) => {
    chmodSync(
      sandbox.write("old/openssl", '#!/bin/sh\n[ "$2" = -help ] && exec echo " -proxy val"\nexit 1\n'),
      0o755,
    );
    return sandbox.path("old");
  };
  return waitsThrough({ tool: "openssl", user: `me:${PASSWORD}`, path, seen: "curl" });
});
