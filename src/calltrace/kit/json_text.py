"""JSON of what callers gave us, whatever size their numbers have."""

import json
from typing import Any

import orjson


def dumps(content: Any) -> bytes:
    """Compact UTF-8; quick, unless an integer has more than 64 bits.

    A database keeps such numbers, and writes 1e20 as one: what was taken must be shown.
    """
    try:
        return orjson.dumps(content)
    except TypeError:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
