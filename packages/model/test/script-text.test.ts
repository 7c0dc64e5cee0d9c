import assert from "node:assert/strict";
import { test } from "node:test";
import { checkScript, JamesError } from "@jamesd/model";

const refusal = (text: string | Uint8Array): string | undefined => {
  try {
    checkScript("postinst", Buffer.from(text));
    return undefined;
  } catch (thrown) {
    assert.ok(thrown instanceof JamesError && thrown.code === "SCRIPT_INVALID" && thrown.hint);
    return thrown.message;
  }
};

test("a script with the line ends of Windows is refused", () => {
  const refused = [
    "#!/bin/sh\r\nmkdir x\r\n",
    "mkdir x\r\n",
    "#!/bin/sh\r\n",
    "#!/bin/sh\r",
    "#!/bin/sh\nmkdir x\r\nrmdir x\r\n",
  ];
  for (const text of refused) assert.match(refusal(text) ?? "", /postinst .*line ends/, JSON.stringify(text));
});

test("a script that begins with a byte order mark is refused", () => {
  for (const text of ["\uFEFF#!/bin/sh\n:\n", Buffer.from("\uFEFF#!/bin/sh\n", "utf16le")])
    assert.match(refusal(text) ?? "", /byte order mark/);
});

test("other scripts are taken, with CR in them as well", () => {
  const taken = [
    "",
    "#!/bin/sh\n",
    "#!/bin/sh\nexit 0",
    "#!/bin/sh\ncat <<END | nc h 80\nGET / HTTP/1.0\r\n\r\nEND\necho done\n",
    "#!/bin/sh\ntail -c +40 $0 | tar x\nexit\n\0\r\n\r\n\r\n\r\n",
  ];
  for (const text of taken) assert.equal(refusal(text), undefined, JSON.stringify(text));
});
