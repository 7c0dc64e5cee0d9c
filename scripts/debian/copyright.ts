/** The terms of the Apache License, as its text has them. */
const APACHE = /^ *Apache License\n.*?END OF TERMS AND CONDITIONS/gms;

/**
 * What a Debian package says of its licences: those that every Debian system has are named, and not repeated (Debian
 * Policy, 12.5).
 * @param notices of each program, what others wrote of it
 */
export function debianCopyright(license: string, notices: readonly string[]): string {
  const whole = `${license}\nThe licences of Node are in node.txt.\n\n${notices.join("\n")}`;
  return whole.replace(
    APACHE,
    "The terms of the Apache License, Version 2.0, are in /usr/share/common-licenses/Apache-2.0.",
  );
}
