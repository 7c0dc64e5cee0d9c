import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENT_KINDS } from "../src/event-kinds.ts";
import { eventSchema } from "../src/schema-event.ts";

test("the kinds of events that programs name without the schemas are those of the schema, in its order", () => {
  assert.deepEqual(
    EVENT_KINDS,
    eventSchema.options.map((option) => option.shape.kind.value),
  );
});
