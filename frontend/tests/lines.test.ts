// Moments among the lines of a transcript.

import assert from "node:assert/strict";
import { test } from "node:test";

import { lineAt, within } from "../src/call/lines.ts";

const LINES = [{ start: 0.5 }, { start: 2 }, { start: 2 }, { start: 9 }];

test("the line that is heard is the last one that has begun", () => {
  for (const [seconds, at] of [[0, -1], [0.5, 0], [1.9, 0], [2, 2], [8, 2], [100, 3]] as const) {
    assert.equal(lineAt(LINES, seconds), at, `at ${seconds} s`);
  }
  assert.equal(lineAt([], 5), -1);
});

test("a click on a line's own start is that line, though players round down", () => {
  assert.equal(lineAt(LINES, 8.96), 3);
});

test("steps stay within the list", () => {
  assert.deepEqual([within(-3, 4), within(2, 4), within(4, 4)], [0, 2, 3]);
});
