// Things that were there are found again among those of now.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pairs } from "../src/kit/pairs.ts";

test("the same list is itself, and nothing was there of nothing", () => {
  assert.deepEqual(pairs(["a", "b"], ["a", "b"]), [0, 1]);
  assert.deepEqual(pairs([], ["a"]), [-1]);
  assert.deepEqual(pairs(["a"], []), []);
});

test("what came and what went leaves the others theirs", () => {
  assert.deepEqual(pairs(["a", "b", "c"], ["x", "a", "c"]), [-1, 0, 2]);
  assert.deepEqual(pairs(["li#1", "li#2"], ["li#2", "li#3"]), [1, -1]);
});

test("pairs keep their order: one that moved is new", () => {
  assert.deepEqual(pairs(["a", "b", "c"], ["c", "a", "b"]), [-1, 0, 1]);
});
