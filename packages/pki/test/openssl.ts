import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why the tests that need openssl are skipped; false when they run. Where CI is set they run, and fail without it. */
export const withoutOpenssl =
  process.env.CI === undefined &&
  spawnSync("openssl", ["version"]).status !== 0 &&
  "openssl is not installed";

/** Runs openssl and gives its output; throws what it said when it fails. */
export function openssl(dir: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("openssl", args, { cwd: dir, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** A folder for the length of one test. */
export function scratch(t: { after: (fn: () => void) => void }): string {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-pki-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A person's own CA (RSA, made with plain openssl) in `dir`: ca.crt, ca.key. */
export function ownCa(dir: string): void {
  openssl(
    dir,
    ..."req -x509 -newkey rsa:2048 -nodes -days 30 -subj /O=Acme/CN=Acme -keyout ca.key -out ca.crt".split(
      " ",
    ),
  );
}

/** A leaf of that CA: `file`.crt and `file`.key, with any subject that openssl can write. */
export function ownLeaf(dir: string, file: string, subject: string, ...options: readonly string[]): void {
  const request = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-utf8", "-multivalue-rdn"];
  openssl(dir, ...request, "-subj", subject, "-keyout", `${file}.key`, "-out", `${file}.csr`, ...options);
  const sign = ["x509", "-req", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30"];
  openssl(dir, ...sign, "-copy_extensions", "copy", "-in", `${file}.csr`, "-out", `${file}.crt`);
}
