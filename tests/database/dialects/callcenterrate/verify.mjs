// Verifies one delivery as the contract's published sample does, line by line. Reads
// {"secret", "header", "body"} as JSON from standard input, the body as base64 so that it is the raw bytes;
// prints "true" or "false".
import crypto from "node:crypto";
import { readFileSync } from "node:fs";

function verify(rawBody, header, secret) {
  const [tPart, v1Part] = header.split(",");
  const timestamp = tPart.split("=")[1];
  const signature = v1Part.split("=")[1];
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const expected = crypto
    .createHmac("sha256", secret)
    .update(`${timestamp}.${rawBody}`)
    .digest("hex");
  return crypto.timingSafeEqual(
    Buffer.from(expected, "hex"),
    Buffer.from(signature, "hex"),
  );
}

const input = JSON.parse(readFileSync(0, "utf8"));
console.log(verify(Buffer.from(input.body, "base64").toString("utf8"), input.header, input.secret));
