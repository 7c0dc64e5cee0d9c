import { rmSync } from "node:fs";
import { sizeOf } from "@jamesd/disk";
import { PART } from "../disk/layout.ts";
import type { Wanted } from "./fetched.ts";

/** How a content may be compressed on its way (RFC 9110, section 8.4.1): zstd (RFC 8878) or brotli (RFC 7932). */
export type Coding = "zstd" | "br";

/** What is held of a content: so many bytes of its compressed form, or nothing. */
export interface Held {
  readonly offset: number;
  readonly coding?: Coding;
}

/** Nothing is held. */
export const NOTHING: Held = { offset: 0 };

const ENDS: { readonly [coding in Coding]: string } = { zstd: ".zst", br: ".br" };

const ALL = Object.keys(ENDS) as readonly Coding[];

/** What this Node can undo, the better first: Node has zstd since 22.15. */
export const CODINGS: readonly Coding[] = process.versions.zstd === undefined ? ["br"] : ALL;

type File = Pick<Wanted, "file">;

/** What came of a content in compressed form. */
export function compressedPart({ file }: File, coding: Coding): string {
  return file + ENDS[coding] + PART;
}

/** Every name that it may have. */
export function compressedParts(file: File): readonly string[] {
  return ALL.map((coding) => compressedPart(file, coding));
}

/** How much came of a content in compressed form. */
export function compressedBytes(file: File): number {
  return compressedParts(file).reduce((sum, part) => sum + sizeOf(part), 0);
}

/** Where to go on: of the compressed form the length is not known, but from its last byte on there is always something to ask for. */
export function heldOf(file: File): Held {
  for (const coding of CODINGS) {
    const bytes = sizeOf(compressedPart(file, coding));
    if (bytes > 0) return { offset: bytes - 1, coding };
  }
  return NOTHING;
}

/** Lets go of what came in compressed form. */
export function removeCompressed(file: File): void {
  for (const part of compressedParts(file)) rmSync(part, { force: true });
}
