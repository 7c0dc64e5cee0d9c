import type { DeviceParts, TransactionOptions } from "./device-parts.ts";
import { makeLayout } from "./disk/layout.ts";
import { RootFs } from "./disk/root-fs.ts";
import { distrustFetched } from "./fetch/fetched.ts";
import { PacketStore } from "./fetch/packet-store.ts";
import { checkRoot, describeRoot, type InstallRoot } from "./journal/install-root.ts";
import type { StateFile } from "./journal/state-file.ts";
import { loadState } from "./load-state.ts";
import { stillMounted } from "./plan/app-mounts.ts";

/**
 * Opens what every part of a transaction works on; what was fetched before, and scripts, are seen to be sound.
 * @throws JamesError when the state directory or the install root cannot be used
 */
export function openParts(options: TransactionOptions): DeviceParts {
  const layout = makeLayout(options.stateDir);
  const root = new RootFs(options.installRoot);
  const store = new PacketStore(layout, options.limits);
  const state = loadState(layout, store, root);
  takeRoot(state, describeRoot(root, layout.stateDir), options);
  const parts = { options, layout, root, store, state };
  distrustFetched(layout);
  store.forgetDamagedScripts();
  return parts;
}

// It is noted anew at every start: of what is seen in one start of the device, more can be compared.
function takeRoot(state: StateFile, now: InstallRoot, { acceptRoot }: TransactionOptions): void {
  if (acceptRoot) state.settle({ mounts: stillMounted(state.saved.mounts, now.path) });
  else checkRoot(state.saved.root, now);
  state.settle({ root: now });
  if (acceptRoot) state.tryToSave();
}
