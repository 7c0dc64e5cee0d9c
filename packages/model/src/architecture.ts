import type { Tag } from "./tag.ts";

/**
 * What processors are called: as `uname -m` prints it, which is what devices detect, and as Debian, Alpine, Go and Node
 * call the same. A tag is any word, so this decides nothing about matching, only what is worth telling a person.
 */
const NAMES: Readonly<Record<string, readonly Tag[]>> = {
  x86_64: ["x86_64", "amd64", "x64"],
  i386: ["i386", "i486", "i586", "i686", "ia32", "x86"],
  aarch64: ["aarch64", "arm64"],
  arm: ["arm", "armel", "armhf", "armv5tel", "armv5tejl", "armv6l", "armv7", "armv7l", "armv8l"],
  riscv64: ["riscv64"],
  riscv32: ["riscv32"],
  ppc64le: ["ppc64le", "ppc64el"],
  ppc64: ["ppc64"],
  ppc: ["ppc", "powerpc"],
  s390x: ["s390x"],
  mips: ["mips", "mipsel"],
  mips64: ["mips64", "mips64el", "mips64le"],
  loongarch64: ["loongarch64", "loong64"],
  sparc64: ["sparc64"],
  alpha: ["alpha"],
  ia64: ["ia64"],
  m68k: ["m68k"],
  parisc: ["parisc", "parisc64", "hppa"],
};

/** What a processor often runs besides its own. */
const RUNS: Readonly<Record<string, string>> = { x86_64: "i386", aarch64: "arm" };

const ARCHITECTURES = new Map(
  Object.entries(NAMES).flatMap(([architecture, names]) =>
    names.map((name) => [name, architecture] as const),
  ),
);

/** The architecture that a tag is a name of; undefined: of none that is known. */
export function architectureOf(tag: Tag): string | undefined {
  return ARCHITECTURES.get(tag);
}

/** The tags of a packet that are names of architectures which a device with these tags cannot have; a device that names none may have any. */
export function foreignTags(packet: readonly Tag[], systemtags: readonly Tag[]): readonly Tag[] {
  const own = architecturesOf(systemtags);
  const possible = new Set([...own, ...own.map((architecture) => RUNS[architecture])]);
  return packet.filter((tag) => {
    const architecture = architectureOf(tag);
    return architecture !== undefined && own.length > 0 && !possible.has(architecture);
  });
}

function architecturesOf(tags: readonly Tag[]): readonly string[] {
  return tags.map(architectureOf).filter((architecture) => architecture !== undefined);
}
