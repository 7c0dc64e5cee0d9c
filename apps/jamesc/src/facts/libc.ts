import { exists, readNames, readStart } from "./read.ts";

const LIBRARY_FOLDERS = ["lib", "lib64", "usr/lib", "usr/lib64", "lib32", "usr/lib32"];
const MULTIARCH = /^[a-z0-9_]+-linux-(gnu|musl)/;
// The largest libc.so.6 there is has about 3 MB.
const LIBRARY_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 4096;

/**
 * The system's C library and version, `glibc-2.36` or `musl-1.2`, read from the library itself: what this Node is
 * linked with says nothing when it is a static or a foreign build. When both are installed, the system's is the one that its
 * shell is linked with.
 */
export function detectLibc(root: string): string | undefined {
  const musl = muslVersion(root);
  const glibc = glibcVersion(root);
  return musl && (!glibc || shellUsesMusl(root)) ? musl : glibc;
}

function shellUsesMusl(root: string): boolean {
  // The name of the loader (ELF's PT_INTERP) stands right behind the headers.
  return /\/ld-musl-/.test(readStart(root, "bin/sh", HEADER_BYTES) ?? "");
}

function muslVersion(root: string): string | undefined {
  const loader = readNames(root, "lib").find((name) => /^ld-musl-.+\.so\.1$/.test(name));
  if (loader === undefined) return undefined;
  const library = readStart(root, `lib/${loader}`, LIBRARY_BYTES) ?? "";
  const [, version] = /\0(\d+\.\d+)\.\d+[^\0]{0,40}\0/.exec(library) ?? [];
  return version && `musl-${version}`;
}

function glibcVersion(root: string): string | undefined {
  const path = libraryFolders(root)
    .map((folder) => `${folder}/libc.so.6`)
    .find((candidate) => exists(root, candidate));
  if (path === undefined) return undefined;
  const library = readStart(root, path, LIBRARY_BYTES) ?? "";
  const [, version] = /GNU C Library [^\0]{0,200}? version (\d+\.\d+)/.exec(library) ?? [];
  return version && `glibc-${version}`;
}

/** Debian's layout first: on a system of several architectures the plain folders may hold another's library. */
function libraryFolders(root: string): readonly string[] {
  const multiarch = ["lib", "usr/lib"].flatMap((folder) =>
    readNames(root, folder)
      .filter((name) => MULTIARCH.test(name))
      .map((name) => `${folder}/${name}`),
  );
  return [...multiarch, ...LIBRARY_FOLDERS];
}
