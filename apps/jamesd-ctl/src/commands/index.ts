import type { Command } from "../cli/command.ts";
import { addPacket } from "./add-packet.ts";
import { adoptState } from "./adopt-state.ts";
import { apply } from "./apply.ts";
import { approve } from "./approve.ts";
import { approveRollout } from "./approve-rollout.ts";
import { blame } from "./blame.ts";
import { makeCompletion } from "./completion.ts";
import { dashboard } from "./dashboard.ts";
import { describe } from "./describe.ts";
import { deviceLog } from "./device-log.ts";
import { diff } from "./diff.ts";
import { diffPackets } from "./diff-packets.ts";
import { enrollToken } from "./enroll-token.ts";
import { events } from "./events.ts";
import { explain } from "./explain.ts";
import { exportPackets } from "./export.ts";
import { getDesiredState } from "./get-desired-state.ts";
import { getDevice } from "./get-device.ts";
import { getPacket } from "./get-packet.ts";
import { getRollout } from "./get-rollout.ts";
import { getSpec } from "./get-spec.ts";
import { getState } from "./get-state.ts";
import { go } from "./go.ts";
import { history } from "./history.ts";
import { importPackets } from "./import.ts";
import { listEnrollTokens } from "./list-enroll-tokens.ts";
import { listEnrollments } from "./list-enrollments.ts";
import { listPackets } from "./list-packets.ts";
import { listRevoked } from "./list-revoked.ts";
import { listRollouts } from "./list-rollouts.ts";
import { listSpecs } from "./list-specs.ts";
import { listSystems } from "./list-systems.ts";
import { pauseRollout } from "./pause-rollout.ts";
import { ping } from "./ping.ts";
import { plan } from "./plan.ts";
import { preauthorize } from "./preauthorize.ts";
import { promoteRollout } from "./promote-rollout.ts";
import { reinstall } from "./reinstall.ts";
import { reject } from "./reject.ts";
import { removeDevice } from "./remove-device.ts";
import { removePacket } from "./remove-packet.ts";
import { removeSpec } from "./remove-spec.ts";
import { renew } from "./renew.ts";
import { resumeRollout } from "./resume-rollout.ts";
import { retry } from "./retry.ts";
import { revert } from "./revert.ts";
import { revertRollout } from "./revert-rollout.ts";
import { revoke } from "./revoke.ts";
import { revokeEnrollToken } from "./revoke-enroll-token.ts";
import { setDesiredState } from "./set-desired-state.ts";
import { tagDevice } from "./tag-device.ts";
import { unrevoke } from "./unrevoke.ts";
import { verify } from "./verify.ts";
import { version } from "./version.ts";
import { watchRollout } from "./watch-rollout.ts";
import { whichPacket } from "./which-packet.ts";
import { whoami } from "./whoami.ts";

/** Commands of one subject, under a heading of the help text. */
export interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly Command[];
}

/** The commands in the order of the help text. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    heading: "Packets:",
    commands: [
      addPacket,
      getPacket,
      listPackets,
      removePacket,
      diffPackets,
      whichPacket,
      exportPackets,
      importPackets,
    ],
  },
  {
    heading: "Devices:",
    commands: [
      listSystems,
      getState,
      getDevice,
      getDesiredState,
      describe,
      removeDevice,
      setDesiredState,
      retry,
      go,
      verify,
      reinstall,
      tagDevice,
      adoptState,
    ],
  },
  {
    heading: "Fleet:",
    commands: [apply, listSpecs, getSpec, removeSpec, plan, explain, history, diff, revert, blame],
  },
  {
    heading: "Rollouts:",
    commands: [
      listRollouts,
      getRollout,
      watchRollout,
      pauseRollout,
      resumeRollout,
      approveRollout,
      promoteRollout,
      revertRollout,
    ],
  },
  {
    heading: "Joining:",
    commands: [
      enrollToken,
      listEnrollTokens,
      revokeEnrollToken,
      listEnrollments,
      approve,
      reject,
      preauthorize,
    ],
  },
  { heading: "Access:", commands: [revoke, unrevoke, listRevoked, renew] },
  { heading: "Log:", commands: [events, deviceLog] },
  { heading: "Server:", commands: [dashboard, ping, whoami, version, makeCompletion(() => COMMANDS)] },
];

/** Every command. */
export const COMMANDS: readonly Command[] = COMMAND_GROUPS.flatMap(({ commands }) => commands);
