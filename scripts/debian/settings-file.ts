import { flagName, type Option } from "@jamesd/config";

/** A program's configuration file in which nothing is set yet: every option with what it is for and its default. */
export function settingsFile(name: string, options: Readonly<Record<string, Option<unknown>>>): string {
  const lines = Object.entries(options).map(([option, { help, value, defaultText }]) =>
    `# ${help}\n#${flagName(option)}: ${defaultText ?? (value === undefined ? "true" : "")}`.trimEnd(),
  );
  return `# Settings of ${name}; see /usr/share/doc/${name}.\n\n${lines.join("\n\n")}\n`;
}
