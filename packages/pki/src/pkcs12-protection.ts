import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { bigEndian, encode, INTEGER, NULL, OCTET_STRING, oid, SEQUENCE } from "./der.ts";

/** How the contents of a file are protected by its password. */
export interface Protection {
  /** What contents are encrypted with. */
  encrypt(content: Uint8Array, password: string): Encrypted;
  /** What the whole is known as unchanged by. */
  readonly mac: MacSettings;
}

/** What was encrypted, and with what, as an AlgorithmIdentifier. */
export interface Encrypted {
  readonly algorithm: Buffer;
  readonly content: Buffer;
}

/** The hash of a MAC, and how often it is applied to derive its key. */
export interface MacSettings {
  readonly hash: Hash;
  readonly iterations: number;
}

type Hash = "sha1" | "sha256";

/** Object identifiers in DER: RFC 8018, appendices A and B; RFC 7292, appendix C; RFC 8017, appendix B. */
const OIDS = {
  pbes2: "2a864886f70d01050d",
  pbkdf2: "2a864886f70d01050c",
  hmacSha256: "2a864886f70d0209",
  aes256: "60864801650304012a",
  pbeSha1TripleDes: "2a864886f70d010c0103",
  sha1: "2b0e03021a",
  sha256: "608648016503040201",
} as const;

/** Of salts, in bytes, as OpenSSL has it too: there are readers that take no longer ones. */
const SALT = 8;

const ITERATIONS = 100_000;
/** As OpenSSL has it. The password has 100 bits, which nobody finds by trying, however fast that goes. */
const LEGACY_ITERATIONS = 2048;

/** As today's systems read it: PBES2 with AES-256 and SHA-256. */
export const MODERN: Protection = {
  mac: { hash: "sha256", iterations: ITERATIONS },
  encrypt(content, password) {
    const [salt, iv] = [randomBytes(SALT), randomBytes(16)];
    const key = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
    const derived = algorithm(
      "pbkdf2",
      sequence(octets(salt), integer(ITERATIONS), algorithm("hmacSha256", encode(NULL))),
    );
    return {
      algorithm: algorithm("pbes2", sequence(derived, algorithm("aes256", octets(iv)))),
      content: encryptedWith("aes-256-cbc", key, iv, content),
    };
  },
};

/** As every system reads it, also phones that know nothing newer: 3DES and SHA-1. */
export const LEGACY: Protection = {
  mac: { hash: "sha1", iterations: LEGACY_ITERATIONS },
  encrypt(content, password) {
    const salt = randomBytes(SALT);
    const key = derive({ ...LEGACY.mac, purpose: 1, password, salt }, 24);
    const iv = derive({ ...LEGACY.mac, purpose: 2, password, salt }, 8);
    return {
      algorithm: algorithm("pbeSha1TripleDes", sequence(octets(salt), integer(LEGACY_ITERATIONS))),
      content: encryptedWith("des-ede3-cbc", key, iv, content),
    };
  },
};

/** By what a reader sees that the password is right and nothing was changed (MacData). */
export function macOf(content: Uint8Array, { hash, iterations }: MacSettings, password: string): Buffer {
  const salt = randomBytes(SALT);
  const key = derive({ hash, iterations, purpose: 3, password, salt }, createHash(hash).digest().length);
  const mac = createHmac(hash, key).update(content).digest();
  const digest = sequence(algorithm(hash, encode(NULL)), octets(mac));
  return sequence(digest, octets(salt), integer(iterations));
}

interface Derivation extends MacSettings {
  /** 1: a key, 2: an initial value, 3: the key of a MAC. */
  readonly purpose: 1 | 2 | 3;
  readonly password: string;
  readonly salt: Uint8Array;
}

/** Bytes that a hash of both takes at a time. */
const BLOCK = 64;

/** RFC 7292, appendix B.2: what of a password is used for one purpose. */
function derive({ hash, iterations, purpose, password, salt }: Derivation, length: number): Buffer {
  const written = Buffer.from(`${password}\0`, "utf16le").swap16();
  const diversifier = Buffer.alloc(BLOCK, purpose);
  let input = Buffer.concat([filled(salt), filled(written)]);
  const made: Buffer[] = [];
  for (let bytes = 0; bytes < length; bytes += made.at(-1)?.length ?? length) {
    let digest = Buffer.concat([diversifier, input]);
    for (let turn = 0; turn < iterations; turn++) digest = createHash(hash).update(digest).digest();
    made.push(digest);
    input = added(input, filled(digest));
  }
  return Buffer.concat(made).subarray(0, length);
}

/** Bytes again and again, up to the end of a block. */
function filled(bytes: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.alloc(BLOCK * Math.ceil(bytes.length / BLOCK), bytes);
}

/** Each block as a number, with another one and one more added to it. */
function added(blocks: Buffer, other: Buffer): Buffer<ArrayBuffer> {
  const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  const sums = Array.from({ length: blocks.length / BLOCK }, (_, i) => {
    const sum = number(blocks.subarray(i * BLOCK, (i + 1) * BLOCK)) + number(other) + 1n;
    return Buffer.from(
      BigInt.asUintN(8 * BLOCK, sum)
        .toString(16)
        .padStart(2 * BLOCK, "0"),
      "hex",
    );
  });
  return Buffer.concat(sums);
}

function encryptedWith(cipher: string, key: Uint8Array, iv: Uint8Array, content: Uint8Array): Buffer {
  const made = createCipheriv(cipher, key, iv);
  return Buffer.concat([made.update(content), made.final()]);
}

function algorithm(name: keyof typeof OIDS, parameters: Buffer): Buffer {
  return sequence(oid(OIDS[name]), parameters);
}

function sequence(...values: readonly Buffer[]): Buffer {
  return encode(SEQUENCE, ...values);
}

/** A number that is not negative and whose first bit would not say that it is. */
function integer(value: number): Buffer {
  return encode(INTEGER, bigEndian(value));
}

function octets(bytes: Buffer): Buffer {
  return encode(OCTET_STRING, bytes);
}
