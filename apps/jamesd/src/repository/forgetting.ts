/**
 * A store that forgets what is too old forgets no more in this time than what is of its oldest day: a clock that is wrong by
 * years for an hour costs a day, and not everything. A store that is much too long is as long as it should be after some days.
 */
export const FORGET_EVERY_MS = 60 * 60_000;
/** A day. */
export const FORGOTTEN_MS = 24 * 60 * 60_000;
