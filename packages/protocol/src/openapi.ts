import { z } from "zod";
import { ROUTES, type Route } from "./route.ts";
import { errorSchema } from "./schema.ts";

/** The OpenAPI 3.1 description of the protocol, made of the schemas that validate it. */
export function openApiDocument(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "jamesd", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "https://jamesd:2761" }],
    components: { securitySchemes: { certificate: { type: "mutualTLS" } } },
    security: [{ certificate: [] }],
    paths,
  };
}

function operation(name: string, route: Route): object {
  return {
    operationId: name,
    summary: route.summary,
    description: `Roles: ${route.roles.join(", ")}.`,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body && { requestBody: { required: true, content: content(route.body, "input") } }),
    responses: {
      ...(route.reply && { 200: { description: "Done", content: content(route.reply, "output") } }),
      ...((!route.reply || route.mayBeEmpty) && { 204: { description: "Nothing to say" } }),
      default: { description: "Refused or failed", content: content(errorSchema, "output") },
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

function content(schema: z.ZodType | "bytes", io: "input" | "output"): object {
  if (schema === "bytes") return { "application/octet-stream": {} };
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return { "application/json": { schema: described } };
}
