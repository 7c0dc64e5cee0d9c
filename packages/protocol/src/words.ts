/** What is on the wire in words for people: pure, and small enough for a page in a browser. */
export { isoTime } from "@jamesd/model";
export { happened } from "./words/event-text.ts";
export { lockedText, pathsText, troubleText } from "./words/parts.ts";
export { fullTime, roughTime, timeLeft } from "./words/time.ts";
