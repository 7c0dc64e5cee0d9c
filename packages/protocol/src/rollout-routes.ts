import { OPERATORS, READERS } from "./callers.ts";
import type { Route } from "./route.ts";
import {
  approveRolloutSchema,
  promoteRolloutSchema,
  resumeRolloutSchema,
  rolloutCountsSchema,
  rolloutDeviceSchema,
  rolloutInfoSchema,
  rolloutPacketSchema,
  rolloutRetrySchema,
  rolloutSchema,
  rolloutWordSchema,
} from "./schema-rollout.ts";

/** What is asked about rollouts, and said to them. */
export const ROLLOUT_ROUTES = {
  listRollouts: {
    method: "GET",
    path: "/v1/rollouts",
    roles: READERS,
    summary:
      "Rollouts, newest first: those that are live, or with `all=true` those that are over as well; at most `limit`, of revisions below `before`",
    query: ["all", "before", "limit"],
    reply: rolloutInfoSchema.array(),
  },
  getRollout: {
    method: "GET",
    path: "/v1/rollouts/:revision",
    roles: READERS,
    summary: "The rollout of a revision: its waves, how far they are, and what it does next",
    reply: rolloutSchema,
  },
  getRolloutCounts: {
    method: "GET",
    path: "/v1/rollouts/:revision/counts",
    roles: READERS,
    summary:
      "How many devices of its open waves stood where as it went on, oldest first: noted when it changed, every ten seconds or 2 % of its age at the most, and when it ended",
    reply: rolloutCountsSchema.array(),
  },
  listRolloutPackets: {
    method: "GET",
    path: "/v1/rollouts/:revision/packets",
    roles: READERS,
    summary:
      "Which packets a live one brings, in the place of which, to how many devices; by how many, the first 1,000; of one that is over none",
    reply: rolloutPacketSchema.array(),
  },
  listRolloutDevices: {
    method: "GET",
    path: "/v1/rollouts/:revision/devices",
    roles: READERS,
    summary:
      "Devices of its open waves by id: of `wave` (from 1 on), that stand as `progress` says, those after the id `after`, at most `limit`",
    query: ["wave", "progress", "after", "limit"],
    reply: rolloutDeviceSchema.array(),
  },
  pauseRollout: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/rollouts/:revision/pause",
    summary: "Hand out no more plans of it; nobody is sent back",
    body: rolloutWordSchema,
    reply: rolloutSchema,
  },
  resumeRollout: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/rollouts/:revision/resume",
    summary: "Have a paused one go on; refused while more failed than may, unless these are accepted",
    body: resumeRolloutSchema,
    reply: rolloutSchema,
  },
  approveRollout: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/rollouts/:revision/approve",
    summary: "Open the wave that waits for it",
    body: approveRolloutSchema,
    reply: rolloutSchema,
  },
  promoteRollout: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/rollouts/:revision/promote",
    summary: "Open waves at once, whatever the gates say",
    body: promoteRolloutSchema,
    reply: rolloutSchema,
  },
  revertRollout: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/rollouts/:revision/revert",
    summary: "End it, and make its documents as they were before, as a new revision, at once",
    body: rolloutWordSchema,
    reply: rolloutSchema,
  },
  retryRollout: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/rollouts/:revision/retry",
    summary: "Have the devices of it that failed try again at once",
    reply: rolloutRetrySchema,
  },
} as const satisfies Record<string, Route>;
