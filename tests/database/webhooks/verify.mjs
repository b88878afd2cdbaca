// Verifies one delivery the way the vendor's document shows it. Reads {"secret", "headers", "body"} as JSON
// from standard input, the body as base64 so that it is the raw bytes; prints "valid" or "invalid".
import crypto from "node:crypto";
import { readFileSync } from "node:fs";

const input = JSON.parse(readFileSync(0, "utf8"));
const rawRequestBody = Buffer.from(input.body, "base64").toString("utf8");
const timestamp = input.headers["x-calltrace-timestamp"];
const signature = input.headers["x-calltrace-signature"];

const expected = crypto
  .createHmac("sha256", input.secret)
  .update(timestamp + "." + rawRequestBody)
  .digest("hex");

const valid = signature === "sha256=" + expected;
console.log(valid ? "valid" : "invalid");
