import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_CLASSES, type ErrorCode, isErrorCode, JamesError } from "@jamesd/model";

const CODES = Object.keys(ERROR_CLASSES) as ErrorCode[];

test("every code goes over the wire and comes back, with its class", () => {
  for (const code of CODES)
    for (const hint of [undefined, "do this"]) {
      const error = new JamesError(code, "what went wrong", { hint });
      const body = JSON.parse(JSON.stringify(error.toBody()));
      assert.deepEqual(body, { code, message: "what went wrong", ...(hint && { hint }) });
      const back = JamesError.fromBody(body);
      assert.deepEqual(
        [back.code, back.message, back.hint, back.class],
        [code, "what went wrong", hint, ERROR_CLASSES[code]],
      );
    }
});

test("neither stack nor cause leaves the process", () => {
  const error = new JamesError("INTERNAL", "failed", { cause: new Error("a secret") });
  assert.equal((error.cause as Error).message, "a secret");
  assert.deepEqual(Object.keys(error.toBody()), ["code", "message"]);
});

test("a code of a newer version is INTERNAL, keeps its words, is told, and is of the class that is known", () => {
  for (const code of ["SOMETHING_NEW", "toString", "__proto__", ""]) {
    assert.ok(!isErrorCode(code));
    const error = JamesError.fromBody({ code, message: "words", hint: "way out" });
    assert.deepEqual([error.code, error.message, error.hint], ["INTERNAL", `words (${code})`, "way out"]);
    assert.equal(error.class, "internal");
    assert.equal(
      JamesError.fromBody({ code, message: "words" }, { class: "unavailable" }).class,
      "unavailable",
    );
  }
});

test("a code that is known here has the class that it has here", () => {
  const error = JamesError.fromBody(
    { code: "USAGE", message: "no" },
    { class: "unavailable", retryAfterMs: 5 },
  );
  assert.deepEqual([error.class, error.retryAfterMs], ["input", 5]);
});

test("whatever was thrown becomes a JamesError; one that is stays the same", () => {
  const known = new JamesError("USAGE", "no");
  assert.equal(JamesError.from(known), known);
  const cause = new TypeError("x is undefined");
  const wrapped = JamesError.from(cause);
  assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ["INTERNAL", "x is undefined", cause]);
  assert.equal(JamesError.from("text", "DEVICE_IO").message, "text");
  assert.equal(JamesError.from("text", "DEVICE_IO").code, "DEVICE_IO");
});
