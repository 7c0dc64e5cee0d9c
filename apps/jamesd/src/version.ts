/** The version of the four programs. */
export const VERSION = "0.1.0";
