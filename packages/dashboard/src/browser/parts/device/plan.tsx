import { describeStep } from "@jamesd/model";
import type { DevicePlan } from "@jamesd/protocol";
import { pathOf } from "../../../logic/places.ts";
import { sizeText } from "../../../logic/size.ts";
import { Section } from "../section.tsx";

/** What a device would do now, and later. */
export function Plan({ plan }: { readonly plan: DevicePlan }) {
  const { steps, bytes, problem, packets = {}, later = [] } = plan;
  if (steps.length === 0 && later.length === 0 && !problem) return null;
  return (
    <Section id="plan" name="Plan">
      <Steps steps={steps} packets={packets} />
      {bytes !== null && steps.length > 0 && <p class="faint">{sizeText(bytes)} to fetch at the most.</p>}
      {later.map(({ revision, wave, steps: then, problem: why }) => (
        <div key={revision}>
          <p>
            When <a href={pathOf("rollouts", String(revision))}>rollout {revision}</a> admits it
            {wave !== null && ` (wave ${wave})`}:
          </p>
          {why && <p class="bad said">{why.message}</p>}
          <Steps steps={then} packets={packets} />
        </div>
      ))}
    </Section>
  );
}

function Steps({
  steps,
  packets,
}: {
  readonly steps: DevicePlan["steps"];
  readonly packets: NonNullable<DevicePlan["packets"]>;
}) {
  return (
    <ol>
      {steps.map((step, i) => (
        <li key={`${i} ${step.packet}`}>{describeStep(step, packets[step.packet])}</li>
      ))}
    </ol>
  );
}
