import { fileURLToPath } from "node:url";
import { requireTool, type Sandbox, skipUnless } from "@jamesd/testkit";

/** Where the programs of this checkout are. */
export const BIN = fileURLToPath(new URL("../../bin", import.meta.url));

/** Why there can be no such machine, else false. */
export const noOwnFolders =
  skipUnless(process.getuid?.() === 0, "needs root") || requireTool("unshare", "useradd", "pgrep");

/** A machine of its own as far as folders and processes go, in which a script of bash runs. */
export function ownFolders(sandbox: Sandbox, script: string): readonly string[] {
  const folders = `set -e
cp -a /etc ${sandbox.path("etc")}
mount --bind ${sandbox.path("etc")} /etc
for folder in /run /var/log /var/lib; do mount -t tmpfs none $folder; done
until_true() {
  for _ in $(seq 300); do
    if "$@"; then return; fi
    sleep 0.2
  done
  echo "not so: $*"
  cat /var/log/jamesd.log /var/log/jamesc.log
  return 1
}
`;
  const alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return [...alone, "bash", "-c", `${folders}${script}`];
}
