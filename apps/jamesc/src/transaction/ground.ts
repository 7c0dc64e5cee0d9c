import type { DeviceParts } from "./device-parts.ts";
import { checkRoot, describeRoot, type InstallRoot } from "./journal/install-root.ts";
import { checkMounted } from "./plan/app-mounts.ts";
import type { Ground } from "./plan/compile-plan.ts";
import { OwnFiles } from "./plan/own-files.ts";

/** Sees that the install root is the one that state.json is about, and that what files of these apps are on is mounted. */
export function checkGround(
  { state, root, layout }: DeviceParts,
  apps: readonly { readonly app: string }[],
): InstallRoot {
  const now = describeRoot(root, layout.stateDir);
  checkRoot(state.saved.root, now);
  checkMounted(state.saved.mounts, apps, root.path);
  return now;
}

/** What plans for this device are compiled against. */
export function groundOf({ state, root, layout, options }: DeviceParts): Omit<Ground, "unchanged"> {
  const { apps: installed, directories, conffiles, mounts } = state.saved;
  return {
    ...{ installed, directories, conffiles, mounts, root, layout },
    reserved: root.pathOf(layout.stateDir),
    ownFiles: new OwnFiles(options.ownFiles ?? [], root),
  };
}
