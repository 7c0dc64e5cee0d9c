import type { Device } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { Section } from "../section.tsx";

/** What else is known of a device. */
export function Facts({ device }: { readonly device: Device }) {
  const { agent, certEnds, certLate, certIssuer, certSerial, clone, specs, unmergedFiles } = device;
  const facts: (readonly [string, string | undefined | null, boolean?])[] = [
    ["agent", agent ?? "unknown"],
    ["specs", specs.join(", ") || "none"],
    ["certificate ends", typeof certEnds === "number" ? isoTime(certEnds) : undefined, certLate ?? false],
    ["issued by", certIssuer],
    ["serial number", certSerial],
    [
      "key in another machine",
      clone && `${clone.address} came with ${clone.serial} at ${isoTime(clone.time)}`,
      true,
    ],
    ["to be merged", unmergedFiles.map((path) => `/${path}`).join(", ")],
  ];
  return (
    <Section id="facts" name="Facts">
      <dl class="facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value, isOdd]) => [
            <dt key={name}>{name}</dt>,
            <dd key={`${name} is`} class={isOdd ? "odd" : ""}>
              {value}
              {name === "certificate ends" && isOdd && ": it was not renewed when it should have been"}
            </dd>,
          ])}
      </dl>
    </Section>
  );
}
