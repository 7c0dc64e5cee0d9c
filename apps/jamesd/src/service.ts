import type { Service } from "@jamesd/service";

/** jamesd as a service. */
export const SERVICE: Service = {
  name: "jamesd",
  description: "The server of a fleet of devices",
  user: "jamesd",
  restartSeconds: 2,
  // Held check-ins are let go within --drain (10s), then what is under way gets ten seconds.
  stopSeconds: 30,
  // One connection for every device.
  openFiles: 1_048_576,
  systemd: {
    unit: `Wants=network-online.target
After=network-online.target
`,
    service: `# A large database is brought forward at the start.
TimeoutStartSec=infinity
# It is started again when its work or its database stood still for so long.
WatchdogSec=3min
# In memory, for what TLS sessions are taken up by: it outlives the process, not the machine.
RuntimeDirectory=jamesd
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=restart
Environment=JAMESD_TICKET_KEYS=/run/jamesd/ticket-keys
UMask=0077

# It needs its state directory and the network, nothing else.
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
PrivateDevices=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# MemoryDenyWriteExecute stays off: V8 compiles JavaScript to machine code in memory.
`,
  },
};
