import {
  type App,
  DRIFT_POLICIES,
  type Entry,
  type InstalledApp,
  OWNERS_POLICIES,
  type PacketContent,
  type PacketSummary,
  SCRIPT_NAMES,
  sha256,
  UNOWNED_POLICIES,
} from "@jamesd/model";
import fc from "fast-check";

/** Few words, so that random tags, names and paths often meet. */
export const tag = fc.constantFrom("armv7l", "x86_64", "glibc-2.23", "systemd", "v1.0.0", "v2.0.0");
export const tags = fc.uniqueArray(tag, { maxLength: 5 });
export const name = fc.constantFrom("openvpn", "nginx", "test-packet");
export const app: fc.Arbitrary<App> = fc.record({ name, tags });
export const digest = fc.nat(8).map((number) => sha256(String(number)));

/** Packets with a sequence of their own each, in any order. */
export const packets: fc.Arbitrary<PacketSummary[]> = fc
  .array(fc.record({ name, tags, scripts: fc.subarray([...SCRIPT_NAMES]) }), { maxLength: 12 })
  .map((list) => list.map((packet, i) => ({ ...packet, digest: sha256(`packet ${i}`), sequence: i + 1 })))
  .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));

/** What is installed or wanted: each name once. */
export const apps: fc.Arbitrary<InstalledApp[]> = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("a", "b", "c", "d", "e"), tags, digest }),
  { maxLength: 5, selector: (one) => one.name },
);

const owner = { uid: fc.nat(1), gid: fc.nat(1) };
const mode = fc.constantFrom(0o644, 0o755, 0o4755);
const size = fc.nat(9);
const path = fc
  .array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"));
export const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ type: fc.constant("file" as const), path, mode, size, digest, ...owner }),
  fc.record({ type: fc.constant("directory" as const), path, mode, ...owner }),
  fc.record({ type: fc.constant("symlink" as const), path, target: path, ...owner }),
);

/** Entries as an archive can give them: each path once, and nothing below what is no directory. */
export const entries: fc.Arbitrary<Entry[]> = fc
  .uniqueArray(entry, { maxLength: 6, selector: (one) => one.path })
  .map((list) => {
    const leaves = list.filter(({ type }) => type !== "directory");
    return list.filter((one) => !leaves.some((leaf) => one.path.startsWith(`${leaf.path}/`)));
  });

const script = fc.record({ digest, size });
export const content: fc.Arbitrary<PacketContent> = fc.record({
  name,
  tags,
  scripts: fc.record(
    { preinst: script, postinst: script, prerm: script, postrm: script },
    { requiredKeys: [] },
  ),
  manifest: entries,
  conffiles: fc.uniqueArray(path, { maxLength: 2 }),
  volatile: fc.uniqueArray(path, { maxLength: 2 }),
  policy: fc.record(
    {
      confirm: fc.record({ connectivity: fc.integer({ min: 1, max: 86_400 }) }),
      unowned: fc.constantFrom(...UNOWNED_POLICIES),
      owners: fc.constantFrom(...OWNERS_POLICIES),
      drift: fc.constantFrom(...DRIFT_POLICIES),
    },
    { requiredKeys: [] },
  ),
  setid: fc.boolean(),
  agent: fc.boolean(),
});

/** The same elements in another order. */
export function shuffled<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}
