import { JamesError } from "@jamesd/model";
import type { CredentialPaths } from "@jamesd/pki/credentials";
import { causeCode } from "../cause-code.ts";
import { codedError } from "../transaction/disk/device-error.ts";
import { type DeviceIdentity, identityOfFiles, identityOfSaved } from "./device-identity.ts";
import {
  identityPaths,
  issuedOf,
  type PendingRequest,
  readNext,
  readSaved,
  requestOf,
} from "./saved-identity.ts";

/** Where the identities of a device may be. */
export interface IdentityPlaces {
  readonly paths: CredentialPaths;
  readonly stateDir: string;
}

/** Who a device is. */
export interface Choice {
  readonly identity: DeviceIdentity;
  /** What is used again should the server refuse `identity`, which it has not seen yet. */
  readonly before: DeviceIdentity | undefined;
  /** The request for another certificate that is under way. */
  readonly pending: PendingRequest | undefined;
  /** What is not as it should be, though there is an identity. */
  readonly warnings: readonly string[];
}

/** An identity; or why there is none, which may be that nobody put one there. */
type Found =
  | { readonly identity: DeviceIdentity; readonly problem?: undefined }
  | { readonly identity?: undefined; readonly problem: JamesError | undefined };

const NONE: Found = { problem: undefined };

/**
 * Who this device is. Of two identities of one device the one whose certificate starts later counts, and what a server
 * has issued when both start at once; of two devices the one in the files, where people have put it. What was issued and
 * not seen by a server yet comes before that of before. A file that cannot be used is as none: the other is used, and
 * that is told. The clock is not looked at.
 * @throws JamesError when there is none: what is wrong with the file that should have it
 */
export function chooseIdentity({ paths, stateDir }: IdentityPlaces): Choice {
  const at = identityPaths(stateDir);
  // In this order: while it is read, what was issued may take the place of what was saved.
  const request = attempt(() => readNext(at.next));
  const issued = find(() => {
    const found = issuedOf(request.value);
    return found && identityOfSaved(found, at.next, "next");
  });
  const saved = find(() => {
    const found = readSaved(at.saved);
    return found && identityOfSaved(found, at.saved, "saved");
  });
  const files = find(() => identityOfFiles(paths));
  const before = later(files.identity, saved.identity);
  const identity = next(issued.identity, before) ?? before;
  if (!identity) throw none(saved.problem ?? issued.problem ?? request.problem, files.problem);
  const warnings = [request.problem, issued.problem, saved.problem, presentOnly(files.problem)]
    .filter((problem) => problem !== undefined)
    .map(({ message }) => `${message}; ${identity.credentials.paths.cert} is used`);
  return {
    identity,
    before: identity === before ? undefined : before,
    pending: pendingFor(identity, request.value),
    warnings: [...warnings, ...strangers(identity, files.identity, saved.identity, issued.identity)],
  };
}

function later(
  files: DeviceIdentity | undefined,
  saved: DeviceIdentity | undefined,
): DeviceIdentity | undefined {
  if (!files || !saved) return files ?? saved;
  if (files.deviceId !== saved.deviceId) return files;
  return files.starts > saved.starts ? files : saved;
}

/** What was issued in the place of another one is newer than that, unless people have put one there since. */
function next(
  issued: DeviceIdentity | undefined,
  before: DeviceIdentity | undefined,
): DeviceIdentity | undefined {
  if (!issued || !before) return issued;
  if (issued.deviceId !== before.deviceId) return undefined;
  return before.place === "files" && before.starts > issued.starts ? undefined : issued;
}

function pendingFor(
  { deviceId }: DeviceIdentity,
  request: ReturnType<typeof readNext>,
): PendingRequest | undefined {
  return request?.name === deviceId ? requestOf(request) : undefined;
}

function strangers(
  { deviceId, credentials }: DeviceIdentity,
  ...all: readonly (DeviceIdentity | undefined)[]
): readonly string[] {
  return all.flatMap((one) =>
    one === undefined || one.deviceId === deviceId
      ? []
      : [
          `${one.credentials.paths.cert} is of ${one.deviceId}: it is left alone, for ${credentials.paths.cert} is of ${deviceId}`,
        ],
  );
}

function find(read: () => DeviceIdentity | undefined): Found {
  const { value, problem } = attempt(read);
  return value ? { identity: value } : problem ? { problem } : NONE;
}

function attempt<T>(read: () => T): { readonly value?: T; readonly problem?: JamesError } {
  try {
    return { value: read() };
  } catch (thrown) {
    return { problem: codedError(thrown) };
  }
}

function presentOnly(problem: JamesError | undefined): JamesError | undefined {
  return problem && isMissing(problem) ? undefined : problem;
}

/** True of what is said of a file that is not there. */
export function isMissing(problem: JamesError): boolean {
  return causeCode(problem) === "ENOENT";
}

function none(saved: JamesError | undefined, files: JamesError | undefined): JamesError {
  const problem = (files && presentOnly(files)) ?? saved ?? files;
  if (problem && !isMissing(problem)) return problem;
  return new JamesError("FILE_UNREADABLE", problem?.message ?? "this device has no identity", {
    hint: "Name the files with --ca, --cert and --key; or join with a token of jamesd-ctl enroll-token: --enroll.",
    cause: problem?.cause,
  });
}
