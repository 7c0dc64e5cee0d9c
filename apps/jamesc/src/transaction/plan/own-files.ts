import { lstatSync, readlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { JamesError, type Packet, parentPaths } from "@jamesd/model";
import type { RootFs } from "../disk/root-fs.ts";

const MAX_LINKS = 40; // as Linux does, see path_resolution(7)

/**
 * What the agent itself runs by: its program, its configuration, its certificates and its key. Who replaces them decides
 * which server it obeys, so a packet must be declared for it. A link on the way to one of them counts as well.
 */
export class OwnFiles {
  readonly #places: ReadonlySet<string>;
  // A file or link in the place of one of these would take them away as well.
  readonly #above: ReadonlySet<string>;

  /** @param files absolute paths; one that is not there is kept free, one that is not below the root is no packet's concern */
  constructor(files: readonly string[], root: RootFs) {
    this.#places = new Set(files.flatMap(hops).flatMap((path) => root.placeOf(path) ?? []));
    this.#above = new Set([...this.#places].flatMap(parentPaths));
  }

  /** True of what the agent runs by. */
  has(path: string): boolean {
    return this.#places.has(path);
  }

  /** Sees that a packet, with places for its paths, leaves them alone. @throws JamesError PATH_UNSAFE */
  check(app: string, { manifest, agent }: Packet): void {
    if (agent) return;
    const wanted = manifest.find(
      ({ path, type }) => this.#places.has(path) || (type !== "directory" && this.#above.has(path)),
    );
    if (!wanted) return;
    throw new JamesError(
      "PATH_UNSAFE",
      `${app} wants to put something at /${wanted.path}, which jamesc itself runs by`,
      { hint: "Leave it out; or, if it is to replace it, add the packet with --allow-agent." },
    );
  }
}

/** The path, and where each link that stands there leads. */
export function hops(file: string): readonly string[] {
  const paths = [resolve(file)];
  for (let path = paths[0]; path !== undefined && paths.length <= MAX_LINKS; ) {
    const target = linkTarget(path);
    path = target === undefined ? undefined : resolve(dirname(path), target);
    if (path !== undefined) paths.push(path);
  }
  return paths;
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
