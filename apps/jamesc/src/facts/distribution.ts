import { readText } from "./read.ts";

/** The distribution, without and with its version, from os-release(5): `debian` and `debian-12`. */
export function detectDistribution(root: string): readonly string[] {
  const text = readText(root, "etc/os-release") ?? readText(root, "usr/lib/os-release");
  const { ID: id, VERSION_ID: version } = parseOsRelease(text ?? "");
  if (!id) return [];
  return version ? [id, `${id}-${version}`] : [id];
}

/** Reads `NAME=value` lines; values may be quoted as in a shell. */
function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const lines = text.matchAll(/^\s*([A-Z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s#]*))/gm);
  return Object.fromEntries(
    [...lines].map(([, name, double, single, plain]) => [
      name,
      double?.replace(/\\(.)/g, "$1") ?? single ?? plain ?? "",
    ]),
  );
}
