// Places in texts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lineRange, literally } from "../src/kit/text.ts";

test("a line of a text is found by its number", () => {
  assert.deepEqual(lineRange("one\ntwo\nthree", 1), [4, 7]);
  assert.deepEqual(lineRange("one\ntwo\nthree", 0), [0, 3]);
  assert.deepEqual(lineRange("one\ntwo", 7), [8, 8], "behind the last one");
});

test("what is searched for is never read as a pattern", () => {
  assert.deepEqual("a.c abc A.C".match(literally("a.c")), ["a.c", "A.C"]);
  assert.deepEqual("(50%) [x]".match(literally("(50%) [x]")), ["(50%) [x]"]);
  assert.equal("STRASSE".match(literally("straße")), null, "never another length than what stands there");
});
