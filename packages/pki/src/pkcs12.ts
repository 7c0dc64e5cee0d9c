import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { BmpString, OctetString } from "asn1js";
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  CryptoEngine,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
  setEngine,
} from "pkijs";
import type { PemPair } from "./authority.ts";

// Object identifiers: RFC 7292, appendix D, and RFC 2985, section 5.5.
const KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERT_BAG = "1.2.840.113549.1.12.10.1.3";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

/** As browsers and OpenSSL 1.1 and newer read it: PBES2 with AES-256, and a HMAC, all with SHA-256. */
const ENCRYPTION = {
  contentEncryptionAlgorithm: { name: "AES-CBC", length: 256 },
  hmacHashAlgorithm: "SHA-256",
  iterationCount: 100_000,
} as const;

/** What a browser imports to be somebody: certificate, key and authority in one file (PKCS #12, RFC 7292), behind a password. */
export async function makePkcs12(
  { cert, key }: PemPair,
  ca: string,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<Uint8Array> {
  setEngine(
    "node",
    new CryptoEngine({
      name: "node",
      crypto: webcrypto as ConstructorParameters<typeof CryptoEngine>[0]["crypto"],
    }),
  );
  const secret = new TextEncoder().encode(password).buffer;
  const der = createPrivateKey(key).export({ format: "der", type: "pkcs8" });
  const shrouded = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(copied(der)) });
  await shrouded.makeInternalValues({ password: secret, ...ENCRYPTION });
  const keyBag = new SafeBag({ bagId: KEY_BAG, bagValue: shrouded, bagAttributes: attributesOf(name) });
  const bags = [certBag(cert, attributesOf(name)), certBag(ca, [])];
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: 0, value: new SafeContents({ safeBags: [keyBag] }) },
        { privacyMode: 1, value: new SafeContents({ safeBags: bags }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}, { password: secret, ...ENCRYPTION }] });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } });
  await pfx.makeInternalValues({
    password: secret,
    iterations: ENCRYPTION.iterationCount,
    pbkdf2HashAlgorithm: "SHA-256",
    hmacHashAlgorithm: "SHA-256",
  });
  return new Uint8Array(pfx.toSchema().toBER(false));
}

function certBag(pem: string, bagAttributes: Attribute[]): SafeBag {
  const parsedValue = Certificate.fromBER(copied(new X509Certificate(pem).raw));
  return new SafeBag({ bagId: CERT_BAG, bagValue: new CertBag({ parsedValue }), bagAttributes });
}

/** By the id a browser finds which certificate a key is of. */
function attributesOf(name: string): Attribute[] {
  return [
    new Attribute({ type: FRIENDLY_NAME, values: [new BmpString({ value: name })] }),
    new Attribute({
      type: LOCAL_KEY_ID,
      values: [new OctetString({ valueHex: new Uint8Array([1]).buffer })],
    }),
  ];
}

function copied(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
