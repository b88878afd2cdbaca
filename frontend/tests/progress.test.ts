// How far calls are, and when to ask again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { backoff, newerOf, progressOf, stateOf, withPercent } from "../src/kit/progress.ts";

const TOLD = { analysisId: "a", status: "processing", stage: "transcribing", percent: 40 };

test("connections are tried again less and less often, never all at the same moment", () => {
  assert.deepEqual([1, 2, 3, 9].map((failures) => backoff(failures, 1)), [2000, 4000, 8000, 60_000]);
  assert.equal(backoff(1, 0), 1500);
  assert.equal(backoff(100_000, 0.5), 52_500);
});

test("an event is read, and what is no progress is none", () => {
  assert.deepEqual(progressOf(JSON.stringify({ ...TOLD, error: null })), TOLD);
  for (const data of ["", "{", "null", "[]", "{}", JSON.stringify({ ...TOLD, percent: "40" })]) {
    assert.equal(progressOf(data), null, data);
  }
});

test("words are another's only when the stage changes", () => {
  assert.equal(stateOf(TOLD), "processing.transcribing");
});

test("only the number before its sign changes", () => {
  assert.equal(withPercent("listening, 7 %", 42), "listening, 42 %");
  assert.equal(withPercent("2 calls", 42), "2 calls");
});

test("how many calls came in is read, and what says nothing of it is nothing", () => {
  assert.deepEqual(newerOf('{"count":3,"more":false}'), { count: 3, more: false });
  for (const data of ["", "null", "{}", '{"count":"3","more":false}']) assert.equal(newerOf(data), null, data);
});
