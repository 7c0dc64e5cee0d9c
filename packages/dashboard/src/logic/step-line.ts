/** From a time on, so many. */
export interface Step {
  readonly time: number;
  readonly devices: number;
}

/** What a chart shows: from when until when, up to how many, in a box of this size. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly most: number;
  readonly width: number;
  readonly height: number;
}

/** The outline of a line that goes in steps, as SVG writes it. @param points oldest first */
export function stepPath(points: readonly Step[], frame: Frame): string {
  const [first] = points;
  if (!first) return "";
  const drawn = points.slice(1).map(({ time, devices }) => `H${xOf(time, frame)}V${yOf(devices, frame)}`);
  return `M${xOf(first.time, frame)} ${yOf(first.devices, frame)}${drawn.join("")}H${frame.width}`;
}

/** From when on lines have something to show: where all begin with none, from the first that is more. */
export function beginningOf(lines: readonly (readonly Step[])[], from: number): number {
  if (lines.some((line) => line[0]?.devices !== 0)) return from;
  const rises = lines.flatMap((line) => line.find(({ devices }) => devices > 0)?.time ?? []);
  return Math.max(
    from,
    rises.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY),
  );
}

/** Lines that begin at the same time, added up. @param lines oldest points first */
export function sumOf(lines: readonly (readonly Step[])[]): readonly Step[] {
  const changes = lines.flatMap((line) =>
    line.map(({ time, devices }, index) => ({ time, by: devices - (line[index - 1]?.devices ?? 0) })),
  );
  const sum: Step[] = [];
  let devices = 0;
  for (const { time, by } of changes.sort((a, b) => a.time - b.time)) {
    devices += by;
    if (sum.at(-1)?.time === time) sum.pop();
    sum.push({ time, devices });
  }
  return sum;
}

/** The most that any of these lines comes to; at least one, so that there is a height. */
export function mostOf(lines: readonly (readonly Step[])[]): number {
  return lines.flat().reduce((most, { devices }) => Math.max(most, devices), 1);
}

/** Lines as rows of a table: a time, and what each line is from then on. At most the newest so many times. */
export function rowsOf(
  lines: readonly (readonly Step[])[],
  limit: number,
): readonly { readonly time: number; readonly devices: readonly number[] }[] {
  const times = [...new Set(lines.flat().map(({ time }) => time))].sort((a, b) => a - b);
  return times
    .slice(-limit)
    .map((time) => ({ time, devices: lines.map((line) => at(line, time)) }))
    .toReversed();
}

function at(line: readonly Step[], time: number): number {
  return line.findLast((step) => step.time <= time)?.devices ?? 0;
}

function xOf(time: number, { from, to, width }: Frame): number {
  const share = to > from ? (time - from) / (to - from) : 1;
  return round(Math.min(1, Math.max(0, share)) * width);
}

function yOf(devices: number, { most, height }: Frame): number {
  return round(height - (Math.min(devices, most) / most) * height);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
