import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, keep, runProgram } from "@jamesd/testkit";
import { timed } from "../install/command.ts";

/** Debian's openvpn, as apt has it here and verified it, with a client's configuration that names this port. */
export function openvpnTree(port: number): Promise<string> {
  return keep(cached("openvpn", `port-${port}`), async (folder) => {
    await timed("dpkg-deb", "-x", await downloadDeb(), folder);
    writeFileSync(join(folder, "etc/openvpn/client.conf"), clientConfiguration(port));
  });
}

async function downloadDeb(): Promise<string> {
  const folder = await keep(cached("openvpn", "deb"), async (part) => {
    mkdirSync(part);
    const { code, stderr } = await runProgram(["apt-get", "download", "openvpn"], { cwd: part });
    if (code !== 0) throw new Error(`apt-get download openvpn: ${stderr}; apt-get update may help`);
  });
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".deb")) ?? "");
}

/** About 2 KB. */
function clientConfiguration(port: number): string {
  const comment = Array.from(
    { length: 30 },
    (_, line) => `# ${line}: a remark that somebody once left on purpose\n`,
  );
  return `client\ndev tun\nproto udp\nremote vpn.example.org ${port}\n${comment.join("")}verb 3\n`;
}
