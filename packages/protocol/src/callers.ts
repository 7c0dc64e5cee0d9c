/** Who may call a route that tells people something. */
export const READERS = ["operator", "viewer"] as const;

/** Who may call a route that changes something of some devices or documents: operators, each within their scope. */
export const OPERATORS = { roles: ["operator"], scoped: true } as const;
