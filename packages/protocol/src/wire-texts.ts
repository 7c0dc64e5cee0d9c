import type { Shape } from "./shape.ts";
import type { Wire, WireRoute } from "./wire.ts";

/** A wire whose shapes are JSON, so that a program which reads by one or two of them makes no more. */
export interface WireTexts<N extends string> {
  readonly routes: Readonly<Record<N, RouteText>>;
  readonly error: string;
}

interface RouteText extends Omit<WireRoute, "reply"> {
  readonly reply?: string;
}

/** The texts of a wire. */
export function textsOfWire<N extends string>({ routes, error }: Wire<N>): WireTexts<N> {
  const texts = Object.entries<WireRoute>(routes).map(([name, { reply, ...route }]): [string, RouteText] => [
    name,
    reply === undefined ? route : { ...route, reply: JSON.stringify(reply) },
  ]);
  return { routes: Object.fromEntries(texts) as Record<N, RouteText>, error: JSON.stringify(error) };
}

/** The wire of such texts: a shape is parsed when something is first read by it. */
export function wireOfTexts<N extends string>({ routes, error }: WireTexts<N>): Wire<N> {
  const known = Object.entries<RouteText>(routes).map(([name, route]) => [name, routeOf(route)]);
  let errorShape: Shape | undefined;
  return {
    routes: Object.fromEntries(known) as Record<N, WireRoute>,
    get error() {
      errorShape ??= JSON.parse(error) as Shape;
      return errorShape;
    },
  };
}

function routeOf({ reply, ...route }: RouteText): WireRoute {
  let shape: WireRoute["reply"];
  return {
    ...route,
    get reply() {
      if (reply !== undefined) shape ??= JSON.parse(reply) as Shape | "bytes";
      return shape;
    },
  };
}
