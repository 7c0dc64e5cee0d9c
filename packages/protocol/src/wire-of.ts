import type { Route } from "./route.ts";
import type { RouteName } from "./route-types.ts";
import { ROUTES } from "./routes.ts";
import { errorSchema } from "./schema.ts";
import type { Shape } from "./shape.ts";
import { shapeOf } from "./shape-of.ts";
import type { Wire, WireRoute } from "./wire.ts";

/** These routes as data, made of the schemas that the server validates by. */
export function wireOf<N extends RouteName>(names: readonly N[]): Wire<N> {
  const table: Readonly<Record<RouteName, Route>> = ROUTES;
  return wireFrom(Object.fromEntries(names.map((name) => [name, table[name]])) as Record<N, Route>);
}

/** The same of a table of routes. */
export function wireFrom<N extends string>(table: Readonly<Record<N, Route>>): Wire<N> {
  const routes = Object.entries<Route>(table).map(([name, route]) => [name, wireRoute(route)] as const);
  let error: Shape | undefined;
  return {
    routes: Object.fromEntries(routes) as Record<N, WireRoute>,
    get error() {
      error ??= shapeOf(errorSchema);
      return error;
    },
  };
}

function wireRoute({ method, path, roles, body, reply, format, maxReply }: Route): WireRoute {
  let shape: WireRoute["reply"];
  return {
    method,
    path,
    roles,
    takesBytes: body === "bytes",
    // A command calls one or two of them.
    get reply() {
      shape ??= reply === undefined || reply === "bytes" ? reply : shapeOf(reply);
      return shape;
    },
    ...(format && { format }),
    ...(maxReply !== undefined && { maxReply }),
  };
}
