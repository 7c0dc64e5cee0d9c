import assert from "node:assert/strict";
import { test } from "node:test";
import { storageError } from "../src/blobs/durable.ts";

test("what fails for no fault of the disk is not said to be one, nor that jamesd is to be started again", () => {
  const said = (code: string) => {
    const error = storageError(Object.assign(new Error("it fails"), { code }), "cannot store it");
    return { code: error.code, isOfDisk: /disk/.test(error.hint ?? ""), message: error.message };
  };
  for (const code of ["EMFILE", "ENFILE", "EAGAIN"])
    assert.deepEqual(said(code), {
      code: "SERVER_BUSY",
      isOfDisk: false,
      message: `cannot store it (${code})`,
    });
  assert.deepEqual(said("EIO"), { code: "STORE_CORRUPT", isOfDisk: true, message: "cannot store it (EIO)" });
});
