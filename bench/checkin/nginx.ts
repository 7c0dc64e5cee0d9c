import { spawnSync } from "node:child_process";
import { freePort, Program, type Sandbox, waitFor } from "@jamesd/testkit";

/** True when Debian's nginx or nginx-light is here. */
export function hasNginx(): boolean {
  return spawnSync("nginx", ["-v"]).status === 0;
}

/** Starts nginx, one process that answers 204 to whoever has a certificate of the sandbox's authority. */
export async function startNginx(
  sandbox: Sandbox,
): Promise<{ readonly port: number; readonly program: Program }> {
  const port = await freePort();
  const pki = (name: string): string => sandbox.path("pki", name);
  const own = (name: string): string => sandbox.path(`nginx.${name}`);
  const settings = sandbox.write(
    "nginx.conf",
    `daemon off; master_process off; pid ${own("pid")}; error_log ${own("log")} error;
    worker_rlimit_nofile 16384;
    events { worker_connections 8192; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      keepalive_timeout 75s;
      client_body_temp_path ${own("body")};
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate ${pki("jamesd.crt")};
        ssl_certificate_key ${pki("jamesd.key")};
        ssl_client_certificate ${pki("ca.crt")};
        ssl_verify_client on;
        location / { return 204; }
      }
    }\n`,
  );
  const program = new Program(["nginx", "-c", settings]);
  const isListening = (): true | undefined =>
    spawnSync("sh", ["-c", `grep -qi ' 0100007F:${port.toString(16).padStart(4, "0")} ' /proc/net/tcp`])
      .status === 0
      ? true
      : undefined;
  await waitFor("nginx listens", isListening);
  return { port, program };
}
