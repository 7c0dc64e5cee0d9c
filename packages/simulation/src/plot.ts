import type { Mark, Sample } from "./sample.ts";

const [WIDTH, HEIGHT] = [960, 420];
const MARGIN = { top: 40, right: 20, bottom: 40, left: 70 };
const TICKS = 5;

/** What is drawn, with its colour. */
const CURVES = [
  ["inSync", "in sync", "#1b7837"],
  ["connected", "connected", "#4393c3"],
  ["failed", "failed", "#d6604d"],
] as const;

/** A picture (SVG) of how a fleet came to what was wanted: devices over time, and what was done to them. */
export function plotSvg(samples: readonly Sample[], marks: readonly Mark[], title: string): string {
  const endMs = Math.max(1, ...samples.map(({ atMs }) => atMs));
  const most = Math.max(1, ...samples.map(({ devices }) => devices));
  const x = (ms: number): number => MARGIN.left + (ms / endMs) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (count: number): number =>
    HEIGHT - MARGIN.bottom - (count / most) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const lines = CURVES.map(([what, , colour]) => {
    const points = samples.map((sample) => `${place(x(sample.atMs))},${place(y(sample[what]))}`);
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(" ")}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(MARGIN.left, 18, title, "start"),
    ...CURVES.map(([, name, colour], i) => text(MARGIN.left + 110 * i, 34, name, "start", colour)),
    ...ticks(most).flatMap((count) => [
      line(MARGIN.left, y(count), WIDTH - MARGIN.right, y(count), "#ddd"),
      text(MARGIN.left - 6, y(count) + 4, String(Math.round(count)), "end"),
    ]),
    ...ticks(endMs).map((ms) =>
      text(x(ms), HEIGHT - MARGIN.bottom + 18, `${(ms / 1000).toFixed(0)} s`, "middle"),
    ),
    ...marks.flatMap(({ atMs, what }) => [
      line(x(atMs), MARGIN.top, x(atMs), HEIGHT - MARGIN.bottom, "#888"),
      text(x(atMs) + 4, HEIGHT - MARGIN.bottom - 6, what, "start", "#555"),
    ]),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function ticks(end: number): readonly number[] {
  return Array.from({ length: TICKS + 1 }, (_, i) => (end * i) / TICKS);
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, said: string, anchor: string, colour = "#222"): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}" fill="${colour}">${escaped(said)}</text>`;
}

function place(value: number): string {
  return value.toFixed(1);
}

function escaped(said: string): string {
  return said.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
