"""What a receiver checks a delivery with, per language: run by our tests as it is shown.

Each takes the raw body, the headers by lower-case name, and the endpoint's secret.
"""

from collections.abc import Mapping

from calltrace.webhooks.checking import TOLERANCE_SECONDS
from calltrace.webhooks.wire import Signed

_PYTHON = """\
import hashlib, hmac, time

def genuine(raw_body: bytes, headers: dict[str, str], secret: str) -> bool:
    {python}
    if abs(time.time() - int(timestamp)) > {tolerance}:
        return False
    signed = timestamp.encode() + b"." + raw_body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest("{before}" + expected, signature)
"""
_NODE = """\
import crypto from "node:crypto";

export function genuine(rawBody, headers, secret) {{
  {node}
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= {tolerance})) return false;
  const hmac = crypto.createHmac("sha256", secret).update(timestamp + ".").update(rawBody);
  const expected = Buffer.from("{before}" + hmac.digest("hex"));
  const given = Buffer.from(signature);
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}}
"""
_APART: Mapping[str, tuple[str, str]] = {
    "python": (
        'timestamp, signature = headers["{timestamp}"], headers["{signature}"]',
        (
            'time_part, signature = headers["{signature}"].split(",")\n'
            '    timestamp = time_part.removeprefix("t=")'
        ),
    ),
    "node": (
        'const timestamp = headers["{timestamp}"], signature = headers["{signature}"];',
        (
            'const [timePart, signature] = headers["{signature}"].split(",");\n'
            '  const timestamp = timePart.replace("t=", "");'
        ),
    ),
}
"""How time and signature are read: from two headers, or from one that has both."""


def snippets(form: Signed) -> Mapping[str, str]:
    """Source text by the name of its language, for a contract's headers."""
    names = {"timestamp": (form.timestamp or "").lower(), "signature": form.signature.lower()}
    reading = {
        language: ways[0 if form.timestamp else 1].format(**names) for language, ways in _APART.items()
    }
    common = {"before": form.before, "tolerance": TOLERANCE_SECONDS, **reading}
    return {
        "Python": _PYTHON.format(**common), "JavaScript": _NODE.format(**common),
    }  # fmt: skip
