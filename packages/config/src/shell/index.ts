export { bashCompletion } from "./bash.ts";
export { fishCompletion } from "./fish.ts";
export { manPage } from "./man.ts";
export { type CommandText, commonFlags, type ProgramText } from "./program-text.ts";
export { zshCompletion } from "./zsh.ts";
