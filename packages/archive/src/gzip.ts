import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ByteReader } from "./byte-reader.ts";
import { refusal } from "./refuse.ts";

/** Undoes gzip (RFC 1952), also of several members, with their checksums. */
export async function* gunzip(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzipper = createGunzip();
  let given = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of reader.rest()) {
      given += chunk.length;
      yield chunk;
    }
  };
  // The error reaches the loop below; the callback only keeps it from being thrown a second time.
  pipeline(counted, gunzipper, () => {});
  try {
    yield* gunzipper;
  } catch (error) {
    throw gzipRefusal(error);
  }
  // zlib ends in silence at the first zero byte after a member.
  if (gunzipper.bytesWritten < given || (await reader.fill(1)))
    throw refusal("ARCHIVE_CORRUPT", "there is something after the end of the gzip data");
}

function gzipRefusal(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "Z_BUF_ERROR")
    return refusal("ARCHIVE_TRUNCATED", "the gzip data ends too early", undefined, error);
  if (typeof code !== "string" || !code.startsWith("Z_")) return error;
  return refusal(
    "ARCHIVE_CORRUPT",
    `the gzip data is damaged (${(error as Error).message})`,
    undefined,
    error,
  );
}
