/** The protocol's limit of a script, in bytes before base64. */
export const MAX_SCRIPT_BYTES = 3 * 1024 * 1024;
