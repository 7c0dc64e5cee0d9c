import type { X509Certificate } from "node:crypto";
import { JamesError, narrowed, ROLES, type Role, type Scope, WORD_RULE } from "@jamesd/model";
import { certifiedScope } from "./certified-scope.ts";
import { isCommonName } from "./subject.ts";
import { type Authorities, mayNameRole } from "./vouching.ts";

/** Who is at the other end of a connection. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
  /** Of an operator: what of the fleet it may change; left out: all. */
  readonly scope?: Scope;
}

const NO_ROLES: RoleSettings = { operators: [], viewers: [] };

/** Roles by common name, from the server's configuration: for certificates of a CA that knows nothing of our OUs. */
export interface RoleSettings {
  readonly operators: readonly string[];
  readonly viewers: readonly string[];
  /** What operators may change, by their names; what a certificate says narrows that further. */
  readonly scopes?: ReadonlyMap<string, Scope> | undefined;
  /** Undefined: all that are let in say by name who they are. */
  readonly authorities?: Authorities | undefined;
}

/**
 * Who a verified client certificate belongs to. Whoever is vouched for by an authority for devices is a device, whatever
 * name and configuration say.
 * @throws JamesError CERTIFICATE_INVALID when its subject does not name exactly one client; ROLE_FORBIDDEN for a server's
 */
export function readIdentity(certificate: X509Certificate, roles: RoleSettings): Identity {
  // Node has decoded and separated the attributes here; the text of `certificate.subject` would have to be unescaped.
  const subject = certificate.toLegacyObject().subject;
  const names = listOf(subject?.CN);
  const [name] = names;
  if (name === undefined || names.length > 1)
    throw new JamesError(
      "CERTIFICATE_INVALID",
      names.length > 1
        ? `the certificate has ${names.length} common names`
        : "the certificate has no common name",
      { hint: "Issue one with exactly one CN: the device's id or the person's name." },
    );
  if (roles.authorities && !mayNameRole(certificate, roles.authorities))
    return identityOf(name, [], NO_ROLES);
  const identity = identityOf(name, listOf(subject?.OU), roles);
  // Also of who is no operator: a certificate that is not understood is not half believed.
  const scope = scopeOf(certifiedScope(certificate, name), roles.scopes?.get(name));
  return scope && identity.role === "operator" ? { ...identity, scope } : identity;
}

/** Each narrows the other: neither a certificate nor the configuration widens what the other says. */
function scopeOf(certified: Scope | undefined, configured: Scope | undefined): Scope | undefined {
  return certified && configured ? narrowed(certified, configured) : (certified ?? configured);
}

/**
 * The identity for a subject's common name and organisational units. The configuration wins over the OU; without
 * either it is a device, which is the least that a certificate can be.
 * @throws JamesError CERTIFICATE_INVALID, ROLE_FORBIDDEN
 */
export function identityOf(name: string, units: readonly string[], roles: RoleSettings): Identity {
  if (!isCommonName(name))
    throw new JamesError(
      "CERTIFICATE_INVALID",
      `the certificate's common name ${JSON.stringify(name)} cannot be an id`,
      {
        hint: `An id has ${WORD_RULE}, no whitespace, comma or slash, and is neither "." nor "..".`,
      },
    );
  if (units.includes("server"))
    throw new JamesError("ROLE_FORBIDDEN", `the certificate of ${name} is a server's, not a client's`, {
      hint: "Connect with a certificate of pkitool --add-client, --add-operator or --add-viewer.",
    });
  return { name, role: configuredRole(name, roles) ?? roleOf(name, units) };
}

function configuredRole(name: string, { operators, viewers }: RoleSettings): Role | undefined {
  if (operators.includes(name)) return "operator";
  return viewers.includes(name) ? "viewer" : undefined;
}

function roleOf(name: string, units: readonly string[]): Role {
  const found = new Set(units.filter(isRole));
  const [role = "device", ...more] = found;
  if (more.length === 0) return role;
  throw new JamesError(
    "CERTIFICATE_INVALID",
    `the certificate of ${name} has more than one role: ${[...found].join(", ")}`,
    { hint: "Issue one with a single OU that is a role." },
  );
}

function isRole(unit: string): unit is Role {
  return ROLES.some((role) => role === unit);
}

function listOf(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
