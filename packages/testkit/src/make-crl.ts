import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sh } from "./image-disks.ts";

/** An authority's list of revoked certificates (PEM), as openssl writes it. `ca` and `key` are files, serial numbers are in hexadecimal. */
export function makeCrl(ca: string, key: string, serials: readonly string[], days: number): string {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-crl-"));
  const at = (file: string) => join(dir, file);
  try {
    // The form of openssl's own database: state, end, when it was revoked, serial number, file, subject.
    const row = (serial: string) => [
      "R",
      "400101000000Z",
      "260101000000Z",
      evenly(serial),
      "unknown",
      "/CN=x",
    ];
    writeFileSync(at("index"), serials.map((serial) => `${row(serial).join("\t")}\n`).join(""));
    writeFileSync(at("number"), "01");
    const lines = ["[ca]", "default_ca=c", "[c]", `database=${at("index")}`, `crlnumber=${at("number")}`];
    lines.push(`certificate=${ca}`, `private_key=${key}`, "default_md=sha256", `default_crl_days=${days}`);
    writeFileSync(at("cnf"), `${lines.join("\n")}\n`);
    sh("openssl", "ca", "-config", at("cnf"), "-gencrl", "-out", at("crl"));
    return readFileSync(at("crl"), "utf8");
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function evenly(serial: string): string {
  return (serial.length % 2 === 0 ? serial : `0${serial}`).toUpperCase();
}
