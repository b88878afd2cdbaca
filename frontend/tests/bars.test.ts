// The numbers behind the waveform.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, decoded, gain, heights, spoken } from "../src/call/bars.ts";

const near = (found: Float32Array, wanted: number[]): void => {
  assert.deepEqual([...found].map((one) => Math.round(one * 100) / 100), wanted);
};

test("points travel as base64, one byte each", () => {
  assert.deepEqual([...decoded("AAF//w==")], [0, 1, 127, 255]);
});

test("a bar is halfway between its loudest and its usual point", () => {
  near(heights(Uint8Array.from([255, 255, 0, 0, 255, 0]), 1, 6, 3), [1, 0, 0.75]);
});

test("bars finer than the points repeat them, and are still where no point is", () => {
  near(heights(Uint8Array.from([255, 0]), 1, 2, 4), [1, 1, 0, 0]);
  near(heights(Uint8Array.from([255, 255]), 1, 4, 4), [1, 1, 0, 0]);
});

test("a bar is spoken in when anybody speaks in a part of it", () => {
  assert.deepEqual([...spoken([[0.2, 1.1], [3, 4]], 5, 5)], [1, 1, 0, 1, 0]);
  assert.deepEqual([...spoken([[4.5, 9]], 5, 5)], [0, 0, 0, 0, 1], "nothing beyond the end");
});

test("soft recordings are lifted, but noise is not blown up", () => {
  assert.equal(gain([Float32Array.of(0.1, 0.5), Float32Array.of(0.25)]), 2);
  assert.equal(gain([Float32Array.of(0.001)]), 6);
  assert.equal(gain([]), 1);
});

test("times read as on the rest of the page", () => {
  assert.deepEqual([0, 65.9, 3605, -1].map(clock), ["00:00", "01:05", "1:00:05", "00:00"]);
});
