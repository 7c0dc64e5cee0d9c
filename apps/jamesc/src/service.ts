import type { Service } from "@jamesd/service";
import { LAUNCHER } from "./launcher.ts";

/** jamesc as a service, with its state directory where it is unless told otherwise. */
export const SERVICE = {
  name: "jamesc",
  description: "The agent of jamesd",
  user: "root",
  restartSeconds: 5,
  // A transaction that is switching is finished first; longer than the longest script may take.
  stopSeconds: 600,
  openFiles: undefined,
  launcher: { text: LAUNCHER, args: ["/var/lib/jamesc"] },
  systemd: {
    unit: `# Not network-online: without a network it waits by itself, and the updates of the network itself must be recovered.
After=network.target local-fs.target
`,
    service: `# It is started again when nothing of what it waits for came within so long; what was cut is undone then.
WatchdogSec=15min
# It has replaced itself, and the other jamesc is to be started: no failure.
SuccessExitStatus=5
# Services that a packet's script starts must outlive the agent.
KillMode=process
OOMPolicy=continue

# What is the device's work goes first; the scripts of packets count to the agent.
CPUWeight=50
IOWeight=50
MemoryMax=80%
TasksMax=1024

# It installs software as root and runs packets' scripts, which may do anything: only what gets in no script's way.
# NoNewPrivileges, ProtectSystem, PrivateTmp and the like would bind the scripts as well.
LockPersonality=yes
RestrictRealtime=yes
`,
  },
} satisfies Service;

/** The same with another state directory. */
export function serviceWith(stateDir: string): Service {
  return { ...SERVICE, launcher: { text: LAUNCHER, args: [stateDir] } };
}
