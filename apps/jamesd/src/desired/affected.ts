import type { DocumentChange } from "@jamesd/model";
import { concernedBy } from "../fleet/concerned.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { type KnownMember, resolvable } from "../fleet/member.ts";
import type { Resolver } from "../fleet/resolver.ts";
import type { Target } from "../fleet/target.ts";

/** A device that changed documents are about: what it should have before and after. */
export interface Affected {
  readonly member: KnownMember;
  readonly before: Target | undefined;
  readonly after: Target | undefined;
}

/** The devices that changes are about; `resolver` goes by the documents after them. */
export function affectedBy(
  changes: readonly DocumentChange[],
  fleet: Fleet,
  resolver: Resolver,
): readonly Affected[] {
  return [...concernedBy(changes, fleet.targets.documents, fleet.members)].map((member) => ({
    member,
    before: member.target,
    after: resolver.target(resolvable(member)),
  }));
}
