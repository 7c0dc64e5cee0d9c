import { z } from "zod";
import { DEFAULT_ENROLL_PORT } from "./address.ts";
import { ENROLL_ROUTES } from "./enroll-routes.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { errorSchema } from "./schema.ts";

/** The OpenAPI 3.1 description of the protocol, made of the schemas that validate it. */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = {};
  const add = (name: string, route: Route, more: object): void => {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    const described = { ...operation(name, route, schemas), ...more };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: described };
  };
  for (const [name, route] of Object.entries<Route>(ROUTES)) add(name, route, {});
  // On a port of its own, where nobody has to have a certificate.
  for (const [name, route] of Object.entries<Route>(ENROLL_ROUTES))
    add(name, route, { description: "For who has yet to join.", servers: ENROLL_SERVERS, security: [] });
  return {
    openapi: "3.1.0",
    info: { title: "jamesd", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "https://jamesd:2761" }],
    components: { securitySchemes: { certificate: { type: "mutualTLS" } }, schemas },
    security: [{ certificate: [] }],
    paths,
  };
}

const ENROLL_SERVERS = [{ url: `https://jamesd:${DEFAULT_ENROLL_PORT}` }];

function operation(name: string, route: Route, schemas: Record<string, object>): object {
  const body = (schema: Schema, io: Direction) => content(schema, io, schemas);
  return {
    operationId: name,
    summary: route.summary,
    description: `Roles: ${route.roles.join(", ")}.`,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body && { requestBody: { required: true, content: body(route.body, "input") } }),
    responses: {
      ...(route.reply && { 200: { description: "Done", content: body(route.reply, "output") } }),
      ...((!route.reply || route.mayBeEmpty) && { 204: { description: "Nothing to say" } }),
      default: { description: "Refused or failed", content: body(errorSchema, "output") },
    },
  };
}

function pathParameters(route: Route): object[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(route: Route): object[] {
  return (route.query ?? []).map((name) => ({ name, in: "query", schema: { type: "string" } }));
}

type Schema = z.ZodType | "bytes";
type Direction = "input" | "output";

/** A body's schema. The nouns in it become components: a `$ref` is a pointer from the root of the whole document. */
function content(schema: Schema, io: Direction, schemas: Record<string, object>): object {
  if (schema === "bytes") return { "application/octet-stream": {} };
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  const { $defs = {}, ...root } = repointed(described, io);
  for (const [name, definition] of Object.entries($defs)) schemas[componentName(name, io)] = definition;
  return { "application/json": { schema: root } };
}

// A noun as it may be sent has defaults that one as it is answered must have: two components.
function componentName(name: string, io: Direction): string {
  return io === "input" ? `${name}Input` : name;
}

function repointed(schema: object, io: Direction): { $defs?: Record<string, object> } {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "$ref" && typeof value === "string"
      ? `#/components/schemas/${componentName(value.replace("#/$defs/", ""), io)}`
      : value,
  ) as { $defs?: Record<string, object> };
}
