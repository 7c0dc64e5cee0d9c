export { type AlikeText, alikeText, type PacketWithText } from "./alike-text.ts";
export { architectureOf, foreignTags } from "./architecture.ts";
export { type BlamedApp, blameApps } from "./blame.ts";
export { type BundledBlob, bundleOf, bundleSize } from "./bundle.ts";
export { clip, clipError } from "./clip.ts";
export { besideConffile, checkConffiles } from "./conffile.ts";
export { type Content, contentSize } from "./content.ts";
export { counted, numberText } from "./counted.ts";
export {
  type AppDifference,
  type ContentDifference,
  diffApps,
  diffContents,
  diffPackets,
  type PacketDifference,
} from "./diff.ts";
export { diffEntries, type EntryAspect, type EntryDifference } from "./diff-entries.ts";
export { canonicalJson, type Digest, digestOf, isDigest, sha256 } from "./digest.ts";
export {
  DOCUMENT_KINDS,
  type DocumentChange,
  type DocumentContent,
  type DocumentKey,
  type DocumentKind,
  type DocumentScope,
  type DocumentVersion,
  documentName,
  isInScope,
  parseContent,
  type StoredDocument,
  sameApps,
  sameContent,
  sameWishes,
} from "./document.ts";
export { type DocumentDifference, documentDifferenceRows, tagText } from "./document-difference.ts";
export {
  DRIFT_KINDS,
  type DriftedApp,
  type DriftedPath,
  type DriftKind,
  type DriftReport,
  MAX_DRIFT_APPS,
  MAX_DRIFT_CHARACTERS,
  MAX_DRIFT_PATHS,
  NO_DRIFT,
  sameDrift,
} from "./drift.ts";
export { DURATION_UNITS, formatDuration } from "./duration.ts";
export {
  type EffectiveState,
  effectiveState,
  type SpecConflict,
  type WantedApp,
} from "./effective.ts";
export { entryCells, entryText, octal, shortDigest } from "./entry-text.ts";
export {
  ERROR_CLASSES,
  type ErrorBody,
  type ErrorClass,
  type ErrorCode,
  isErrorCode,
  JamesError,
} from "./error.ts";
export {
  DRIFT_FEATURE,
  FEATURES,
  featuresOf,
  policyFor,
  REINSTALL,
  RENEWAL,
  WINDOWS,
  WITHDRAWING,
} from "./feature.ts";
export { FORMATS, formatUnknown, isLater, type Numbered } from "./format.ts";
export { Gate } from "./gate.ts";
export { GIVEN, isGiven, parseGivenTags, tagsOfDevice } from "./given-tags.ts";
export { HALT_REASONS, type Halt, type HaltReason, haltText } from "./halt.ts";
export {
  type DirectoryEntry,
  type Entry,
  type FileEntry,
  foldersAbove,
  isPlaced,
  isSameFile,
  type Manifest,
  manifestBlobs,
  manifestFiles,
  manifestSize,
  type PlacedEntry,
  parentPaths,
  type SymlinkEntry,
  sortedManifest,
} from "./manifest.ts";
export { type Candidate, combinedTags, explainMatch, matchPacket, missingTags } from "./match.ts";
export { nearWords } from "./nearest.ts";
export {
  findPathConflict,
  mergedPathsInSteps,
  type OwnedManifest,
  type OwnedPaths,
  otherNames,
  ownedPaths,
  ownedPathsInSteps,
  type PathConflict,
  unsharablePathInSteps,
} from "./ownership.ts";
export {
  digestOfText,
  isAuthentic,
  makePacket,
  type NewPacket,
  type Packet,
  type PacketContent,
  type PacketSummary,
  packetFromText,
  packetLabel,
  packetOfText,
  packetText,
  SCRIPT_NAMES,
  type ScriptName,
  type Scripts,
  scriptNames,
} from "./packet.ts";
export { deltaContents, packetContents } from "./packet-delta.ts";
export {
  changeOf,
  comparePackets,
  type PacketContentDifference,
  packetDifferenceRows,
} from "./packet-difference.ts";
export { describeStep, makePlan, type Plan, type ScriptsOf, type Step, type StepKind } from "./plan.ts";
export {
  type Confirm,
  connectivitySeconds,
  DRIFT_POLICIES,
  type DriftPolicy,
  MAX_CONFIRM_SECONDS,
  OWNERS_POLICIES,
  type OwnersPolicy,
  type Policy,
  parsePolicy,
  REMOVAL_POLICIES,
  type RemovalPolicy,
  samePolicy,
  UNOWNED_POLICIES,
  type UnownedPolicy,
} from "./policy.ts";
export { policyText, policyView, windowsText } from "./policy-text.ts";
export { isOfRemoval, withRemoval } from "./removal.ts";
export { type PacketsNamed, type Resolution, resolveApps, type Unfulfilled } from "./resolve.ts";
export type { DesiredState, Revision, Spec } from "./revision.ts";
export { ROLES, type Role, roleText } from "./role.ts";
export { type Advance, advance, advanced } from "./rollout/advance.ts";
export { isBreached, mayFail } from "./rollout/gate.ts";
export { openWave } from "./rollout/open-wave.ts";
export { isAdmitted, type OpenedWave, type RolloutDevice, waveOfNewcomer } from "./rollout/opened-wave.ts";
export { planText, planView, shareText } from "./rollout/plan-text.ts";
export {
  countProgress,
  PROGRESS,
  type Progress,
  progressOf,
  totalCounts,
  type WaveCounts,
  type WaveDevice,
} from "./rollout/progress.ts";
export { type Run, ranBetween } from "./rollout/running-time.ts";
export { sameRollout } from "./rollout/same-rollout.ts";
export {
  APPROVALS,
  checkedRollout,
  type GivenRollout,
  needsApproval,
  ON_FAILURE,
  parseRollout,
  ROLLOUT_DEFAULTS,
  type RolloutSettings,
} from "./rollout/settings.ts";
export { sizesAhead } from "./rollout/sizes-ahead.ts";
export {
  BEGUN,
  isLive,
  isOffering,
  ROLLOUT_STATUSES,
  type RolloutState,
  type RolloutStatus,
  TROUBLES,
  type Trouble,
} from "./rollout/state.ts";
export { type RolloutVerb, told } from "./rollout/verbs.ts";
export { MAX_WAVES, parseWaves, type Wave, waveText } from "./rollout/waves.ts";
export { wavesAhead } from "./rollout/waves-ahead.ts";
export {
  hasDevice,
  hasPacket,
  hasUnseenDevice,
  missingTerms,
  narrowed,
  parseScope,
  parseScopeText,
  type Scope,
  type ScopeWords,
  scopeText,
  scopeWords,
  unmetTerms,
} from "./scope.ts";
export { checkScript } from "./script-text.ts";
export {
  isSelected,
  isSelectedById,
  isSelectedByTags,
  namesDevices,
  parseSelector,
  parseTerm,
  type Selector,
} from "./selector.ts";
export { SERVER_AUTH, type ServerCertificate, serverCertificateProblem } from "./server-certificate.ts";
export { shellWord } from "./shell-word.ts";
export { indexBy, indexFrom, isAmong } from "./sorted.ts";
export {
  type App,
  appsDigest,
  type DeviceState,
  type InstalledApp,
  MAX_STATE_WORDS,
  parseApps,
  stateDigest,
  stateWords,
  UNUSABLE,
} from "./state.ts";
export { type Steps, whole } from "./steps.ts";
export {
  isName,
  isWord,
  MAX_WORD,
  parseName,
  parseSpecId,
  parseTag,
  parseTagList,
  parseTags,
  sameTags,
  sortedTags,
  type Tag,
  WORD_RULE,
} from "./tag.ts";
export { isoTime } from "./time.ts";
export { checkVolatile, isExempt } from "./volatile.ts";
export {
  DAYS,
  type Day,
  MAX_WINDOWS,
  parseWindows,
  type Window,
  type WindowPolicy,
  type WindowState,
  windowsAt,
  windowText,
} from "./window.ts";
export { type Offsets, offsetOf } from "./zone.ts";
