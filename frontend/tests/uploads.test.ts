// Uploads that did not end are known again by their file, to whoever began them, and for as long as they may go on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fingerprint, Memory, type Place } from "../src/upload/memory.ts";
import { Turns } from "../src/upload/sending.ts";

const FILE = { name: "call.wav", size: 9, lastModified: 1 };
const PLACE: Place = { id: "u1", address: "/api/v1/uploads/u1?s", until: "2026-06-01T00:00:00Z", wishes: [["mode", "live"]] };
const BEFORE = Date.parse("2026-05-31T00:00:00Z"), AFTER = Date.parse("2026-06-02T00:00:00Z");

/** What a browser keeps texts in, as far as it is used. */
function store(): Storage {
  const made = Object.create({
    getItem(this: Record<string, string>, name: string) {
      return this[name] ?? null;
    },
    setItem(this: Record<string, string>, name: string, text: string) {
      this[name] = text;
    },
    removeItem(this: Record<string, string>, name: string) {
      delete this[name];
    },
  }) as Storage;
  return made;
}

test("the same file is known again, another one is not", () => {
  const kept = store(), key = fingerprint(FILE, "live");
  new Memory("ada", kept).keep(key, PLACE);
  const memory = new Memory("ada", kept);
  assert.deepEqual(memory.of(fingerprint({ ...FILE }, "live")), PLACE);
  for (const other of [{ ...FILE, size: 8 }, { ...FILE, lastModified: 2 }, { ...FILE, name: "b.wav" }])
    assert.equal(memory.of(fingerprint(other, "live")), null);
  assert.equal(memory.of(fingerprint(FILE, "test")), null);
  assert.equal(new Memory("bob", kept).of(key), null);
  assert.deepEqual(new Memory("bob", kept).all(BEFORE), []);
  assert.deepEqual(memory.all(BEFORE), [{ key, name: "call.wav", place: PLACE }]);
});

test("what is over, or nobody wrote, is forgotten", () => {
  const kept = store(), memory = new Memory("ada", kept), key = fingerprint(FILE, "live");
  memory.keep(key, PLACE);
  kept.setItem("calltrace-upload:ada:nonsense", '{"id":"x","address":"https://elsewhere/"}');
  assert.deepEqual(memory.all(AFTER), []);
  assert.deepEqual(Object.keys(kept), []);
});

test("without a store nothing is remembered, and nothing breaks", () => {
  const memory = new Memory("ada", null);
  memory.keep("k", PLACE);
  memory.forget("k");
  assert.deepEqual([memory.of("k"), memory.all()], [null, []]);
});

test("one at a time, in the order in which they came", async () => {
  const turns = new Turns(), said: string[] = [];
  const [a, b] = [turns.take(), turns.take()];
  const end = await a;
  void b.then(() => said.push("b"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(said, []);
  end();
  (await b)();
  assert.deepEqual(said, ["b"]);
});
