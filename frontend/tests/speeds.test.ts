// Speeds of the playback.

import assert from "node:assert/strict";
import { test } from "node:test";

import { speedBeside } from "../src/call/speeds.ts";

test("keys step through the speeds and stay within them", () => {
  assert.deepEqual([speedBeside(1, 1), speedBeside(1, -1)], [1.25, 0.75]);
  assert.deepEqual([speedBeside(2.5, 1), speedBeside(0.5, -1)], [2.5, 0.5]);
});

test("from a speed between two the next one in that direction is taken", () => {
  assert.deepEqual([speedBeside(1.1, 1), speedBeside(1.1, -1)], [1.25, 1]);
  assert.deepEqual([speedBeside(4, -1), speedBeside(0.1, 1)], [2.5, 0.5]);
});
