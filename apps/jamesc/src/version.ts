import manifest from "../package.json" with { type: "json" };

/** The version of the agent. */
export const VERSION: string = manifest.version;

/** What a check-in says of the program: `jamesc/1.2.3 node/20.20.2 linux/arm64`. */
export function describeAgent(): string {
  return `jamesc/${VERSION} node/${process.versions.node} ${process.platform}/${process.arch}`;
}
