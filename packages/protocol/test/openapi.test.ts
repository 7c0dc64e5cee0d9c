import assert from "node:assert/strict";
import { test } from "node:test";
import { ENROLL_ROUTES, openApiDocument, ROUTES, type Route } from "@jamesd/protocol";

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly servers?: readonly { readonly url: string }[];
  readonly security?: readonly object[];
  readonly parameters: readonly { name: string; in: string; required?: boolean; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema?: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>;
}
interface Document {
  readonly openapi: string;
  readonly info: { title: string; version: string };
  readonly components: {
    schemas: Record<string, { type?: string }>;
    securitySchemes: Record<string, object>;
  };
  readonly security: readonly Record<string, readonly string[]>[];
  readonly paths: Record<string, Record<string, Operation>>;
}

const document = JSON.parse(JSON.stringify(openApiDocument("1.2.3"))) as Document;
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

// Every object below a value, with where it stands.
function* objectsIn(value: unknown, at = "#"): Generator<readonly [string, Record<string, unknown>]> {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${at}/${key}`);
}

function resolved(pointer: string): unknown {
  return pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
}

test("it is OpenAPI 3.1 with what the standard demands", () => {
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.deepEqual([document.info.title, document.info.version], ["jamesd", "1.2.3"]);
  for (const requirement of document.security)
    for (const scheme of Object.keys(requirement)) assert.ok(document.components.securitySchemes[scheme]);
  assert.deepEqual(document.components.securitySchemes.certificate, { type: "mutualTLS" });
  const ids = operations.map(({ operationId }) => operationId);
  assert.deepEqual(ids.toSorted(), [...new Set(ids)].toSorted(), "each operationId once");
});

for (const [name, route] of Object.entries<Route>(ROUTES))
  test(`${name} is described as it is served`, () => {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    const operation = document.paths[path]?.[route.method.toLowerCase()];
    assert.ok(operation, `${route.method} ${path}`);
    assert.equal(operation.operationId, name);
    assert.ok(operation.summary);
    for (const role of route.roles) assert.match(operation.description, new RegExp(`\\b${role}\\b`));
    const named = (where: string) => operation.parameters.filter((one) => one.in === where);
    assert.deepEqual(
      named("path").map((one) => `{${one.name}} ${one.required}`),
      [...path.matchAll(/\{\w+\}/g)].map(([parameter]) => `${parameter} true`),
    );
    assert.deepEqual(
      named("query").map((one) => one.name),
      [...(route.query ?? [])],
    );
    assert.equal(operation.requestBody !== undefined, route.body !== undefined);
    assert.ok(operation.responses.default?.content?.["application/json"]?.schema);
    assert.equal("200" in operation.responses, route.reply !== undefined);
    assert.equal("204" in operation.responses, route.reply === undefined || route.mayBeEmpty === true);
    for (const response of Object.values(operation.responses)) assert.ok(response.description);
  });

test("nothing is described that is not served", () => {
  assert.equal(operations.length, Object.keys({ ...ROUTES, ...ENROLL_ROUTES }).length);
});

test("every $ref points at something in the document", () => {
  const refs = [...objectsIn(document)].filter(([, object]) => typeof object.$ref === "string");
  assert.ok(refs.length > 20);
  for (const [at, { $ref }] of refs) assert.ok(resolved(String($ref)), `${at}: ${$ref}`);
});

test("components have names that the standard allows and are schemas; every one is used", () => {
  const text = JSON.stringify(document);
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    assert.match(name, /^[\w.-]+$/);
    assert.ok(schema.type ?? Object.hasOwn(schema, "oneOf"), name);
    assert.ok(text.includes(`"#/components/schemas/${name}"`), `${name} is used`);
  }
});

test("what is required is among the properties, and no schema has the words of another dialect", () => {
  for (const [at, { required, properties, nullable, $defs }] of objectsIn(document)) {
    if (Array.isArray(required))
      for (const name of required) assert.ok(Object.hasOwn(Object(properties), name), `${at}: ${name}`);
    assert.ok(typeof nullable !== "boolean", `${at}: nullable is of OpenAPI 3.0`);
    assert.equal($defs, undefined, at);
  }
});

test("what joins is described with its own port, and without a certificate", () => {
  for (const [name, { method, path }] of Object.entries<Route>(ENROLL_ROUTES)) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    assert.equal(operation?.operationId, name);
    assert.deepEqual(operation.security, []);
    assert.deepEqual(operation.servers, [{ url: "https://jamesd:2762" }]);
  }
});
