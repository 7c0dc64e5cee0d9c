import { OPERATORS, READERS } from "./callers.ts";
import type { Route } from "./route.ts";
import { devicePlanSchema, explanationSchema, tagDeviceSchema, taggedSchema } from "./schema-desired.ts";
import {
  adoptedSchema,
  adoptSchema,
  desiredChangeSchema,
  desiredStateSchema,
  deviceInfoSchema,
  deviceSchema,
  goneSchema,
  goSchema,
  reinstallSchema,
  reinstallWishSchema,
  renewalsWishedSchema,
  renewDevicesSchema,
  retrySchema,
  setDesiredSchema,
  verifySchema,
} from "./schema-device.ts";

/** Devices as they are known, and how one is forgotten. */
export const DEVICE_ROUTES = {
  listDevices: {
    method: "GET",
    path: "/v1/devices",
    roles: READERS,
    summary:
      "Devices by id: those after the id `after`, at most `limit` (1,000 unless told, 10,000 at most); `tags`, `app` with `appTags`, `sync`, `connected`, `drift`, `seenSince`, `seenBefore`, `issuer`, `expiresBefore` and `rollout` (those that it admits) filter",
    query: [
      "tags",
      "app",
      "appTags",
      "sync",
      "connected",
      "drift",
      "seenSince",
      "seenBefore",
      "issuer",
      "expiresBefore",
      "rollout",
      "after",
      "limit",
    ],
    reply: deviceInfoSchema.array(),
  },
  getDevice: {
    method: "GET",
    path: "/v1/devices/:id",
    roles: READERS,
    summary: "A device: state, desired state, last transaction",
    reply: deviceSchema,
  },
  removeDevice: {
    ...OPERATORS,
    method: "DELETE",
    path: "/v1/devices/:id",
    summary:
      "Forget a device; refused while it is connected or has a desired state of its own, unless `force=true`",
    query: ["force"],
  },
} as const satisfies Record<string, Route>;

/** What devices are told, and what they should have. */
export const DEVICE_WISH_ROUTES = {
  retry: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/devices/:id/retry",
    summary: "Have a device try again at once what failed, instead of after its pause",
    reply: retrySchema,
  },
  go: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/devices/:id/go",
    summary: "Have a device begin now with what it should have, whatever its maintenance windows",
    body: goSchema,
    reply: goneSchema,
  },
  verify: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/devices/:id/verify",
    summary: "Have a device look at once whether the contents of all files are what its packets have",
    reply: verifySchema,
  },
  reinstall: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/devices/:id/reinstall",
    summary: "Have a device install an app again that it has, though nothing differs",
    body: reinstallSchema,
    reply: reinstallWishSchema,
  },
  tagDevice: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/devices/:id/tags",
    summary: "Give a device tags, or take away such; with `dryRun` only say what it means",
    body: tagDeviceSchema,
    reply: taggedSchema,
  },
  renewDevices: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/renewal-wishes",
    summary: "Have devices get other certificates now for those that they have",
    body: renewDevicesSchema,
    reply: renewalsWishedSchema,
  },
  adoptState: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/adoptions",
    summary:
      "Decide for devices that are halted, in one revision: what they have is their desired state, or they get what is wanted for them",
    body: adoptSchema,
    reply: adoptedSchema,
  },
  getDesiredState: {
    method: "GET",
    path: "/v1/devices/:id/desired",
    roles: READERS,
    summary: "The desired state that a device has of its own, now or at `revision`",
    query: ["revision"],
    reply: desiredStateSchema,
  },
  setDesiredState: {
    ...OPERATORS,
    method: "PUT",
    path: "/v1/devices/:id/desired",
    summary: "Set what a device should have; makes a revision when it differs from the current one",
    body: setDesiredSchema,
    reply: desiredChangeSchema,
  },
  getPlan: {
    method: "GET",
    path: "/v1/devices/:id/plan",
    roles: READERS,
    summary: "What a device would do now, in order, and how much it would fetch",
    reply: devicePlanSchema,
  },
  explain: {
    method: "GET",
    path: "/v1/devices/:id/explain",
    roles: READERS,
    summary:
      "Every packet `name` with the tags that it lacks on this device; with `tags`, as if the app had these",
    query: ["name", "tags"],
    reply: explanationSchema,
  },
} as const satisfies Record<string, Route>;
