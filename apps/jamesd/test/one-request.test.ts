import assert from "node:assert/strict";
import { test } from "node:test";
import { isOneRequest } from "../src/http/one-request.ts";

const ONE = "POST /v1/checkin HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";

const isOne = (text: string): boolean => isOneRequest(Buffer.from(text, "latin1"));

test("bytes are one whole request, and nothing else", () => {
  assert.ok(isOne(ONE));
  assert.ok(isOne(ONE.replace("Content-Length: 2", "content-length:\t2 \r\nconnection: keep-alive")));
  const others = {
    "more than one": `${ONE}${ONE}`,
    "the beginning of another": `${ONE}P`,
    "not whole": ONE.slice(0, -1),
    "no head": ONE.slice(0, 40),
    "the end of another": ONE.slice(4),
    "another method": ONE.replace("POST", "PUT"),
    "no length": ONE.replace("Content-Length: 2\r\n", ""),
    "two lengths": ONE.replace("Host: a", "content-length: 2"),
    "another form of body": ONE.replace("Host: a", "Transfer-Encoding: chunked"),
    "asked for first": ONE.replace("Host: a", "Expect: 100-continue"),
    "the last on its connection": ONE.replace("Host: a", "Connection: Close"),
    "the last on its connection, among others": ONE.replace("Host: a", "connection: te, close"),
  };
  for (const [what, text] of Object.entries(others)) assert.equal(isOne(text), false, what);
});
