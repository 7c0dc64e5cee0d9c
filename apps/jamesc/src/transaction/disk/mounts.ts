import { closeSync, openSync, readFileSync } from "node:fs";
import { mountId } from "./descriptor.ts";

/** A mounted file system, as far as it can be known again. */
export interface Mount {
  /** Where it is mounted, below the install root; "" when the root itself is on it. */
  readonly point: string;
  readonly type: string;
  /** Major and minor number of its device, which mean nothing after the next start of the device. */
  readonly device: string;
}

/** What is mounted below an install root now, by mount id (proc(5), /proc/pid/mountinfo). */
export class MountTable {
  readonly #mounts: ReadonlyMap<number, Mount>;

  /** @param root is the real path of the install root */
  constructor(root: string) {
    const prefix = root === "/" ? "/" : `${root}/`;
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n").slice(0, -1);
    this.#mounts = new Map(
      lines.map((line) => {
        const [id = "", , device = "", , escaped = ""] = line.split(" ");
        const point = unescaped(escaped);
        const [type = ""] = line.slice(line.indexOf(" - ") + 3).split(" ");
        return [
          Number(id),
          { point: point.startsWith(prefix) ? point.slice(prefix.length) : "", type, device },
        ];
      }),
    );
  }

  /** The mount of that id. One that cannot be seen, as outside of a chroot(2), is as good as any other of its kind. */
  get(id: number): Mount {
    return this.#mounts.get(id) ?? { point: "", type: "", device: "" };
  }

  /** What a directory of the system is on. */
  at(path: string): Mount {
    const fd = openSync(path, "r");
    try {
      return this.get(mountId(fd));
    } finally {
      closeSync(fd);
    }
  }

  /** True when something is mounted at this path below the root. */
  has(point: string): boolean {
    return point === "" || [...this.#mounts.values()].some((mount) => mount.point === point);
  }
}

/** True when both are, as far as can be told, one mounted file system; its device counts while it has the same number. */
export function isSameMount(a: Mount, b: Mount, isSameStart: boolean): boolean {
  return a.point === b.point && a.type === b.type && (!isSameStart || a.device === b.device);
}

// Blanks and the like are written as \040 there.
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
