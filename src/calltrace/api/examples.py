"""An example for every request and answer in the OpenAPI document, made from its own schema.

What a schema says by ``example``, ``examples`` or ``default`` counts; the rest follows the field's name, its
format and its type, so that an example can never contradict the schema it stands beside.
"""

from typing import Any, cast

Json = Any
ID = "6f6af4bb-4f23-4f3f-a87e-85f2f8322dc1"
MOMENT = "2026-06-19T12:00:00.000Z"
_DEPTH = 40
_BY_NAME: dict[str, Json] = {
    "externalId": "crm-call-123", "fileName": "call-123.mp3", "language": "en", "percent": 40,
    "name": "Support", "durationSeconds": 184.0, "sampleRate": 8000, "channels": 2, "score": 82.0,
    "nextCursor": None, "version": 1, "deliveryId": "whd_01jz8n0f8ck2bk0smq7h2x1t0r",
    "metadata": {"customerId": "cust_42"}, "requestId": "req_01jz8n0f8ck2bk0smq7h2x1t0r",
    "text": "Good afternoon, how can I help?", "segmentId": "s1", "speakerId": "spk1",
}  # fmt: skip
_BY_ENDING: dict[str, Json] = {"Id": ID, "At": MOMENT, "Url": "https://example.com/calls/call-123.mp3"}
_BY_FORMAT: dict[str, Json] = {
    "uuid": ID,
    "date-time": MOMENT,
    "uri": "https://example.com/calls/call-123.mp3",
}
_BY_PATTERN: dict[str, Json] = {"^[a-z]{2}$": "en"}
_BY_TYPE: dict[str, Json] = {"string": "text", "integer": 1, "number": 1.0, "boolean": False, "null": None}
_PROBLEMS: dict[str, tuple[str, str]] = {
    "400": ("invalid_request", "The request is not valid"),
    "401": ("unauthorized", "A valid API key is required"),
    "403": ("insufficient_scope", "The API key does not include the required scope"),
    "404": ("not_found", "Not found"),
    "406": ("not_acceptable", "No format that is accepted can be answered"),
    "409": ("idempotency_key_reused", "The idempotency key was used for another payload"),
    "413": ("request_too_large", "The request body is too large"),
    "416": ("range_not_satisfiable", "The range is not satisfiable"),
    "422": ("url_blocked", "The URL is not allowed"),
    "429": ("rate_limited", "Too many requests"),
    "500": ("internal_error", "Something went wrong on our side"),
    "503": ("unavailable", "Temporarily unavailable"),
}


def add_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Give every JSON request and answer of the document an example that has none; answers the document."""
    schemas = cast("dict[str, Json]", document.get("components", {}).get("schemas", {}))
    for operations in document["paths"].values():
        for operation in operations.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                _complete(media, schemas)
            for status, answer in operation["responses"].items():
                for kind, media in answer.get("content", {}).items():
                    _complete_answer(status, kind, media, schemas)
    return document


def _complete_answer(status: str, kind: str, media: dict[str, Any], schemas: dict[str, Json]) -> None:
    if kind == "application/problem+json" and status in _PROBLEMS:
        code, title = _PROBLEMS[status]
        leads_to = f"https://calls.example.com/problems/{code}"
        problem = {"type": leads_to, "title": title, "status": int(status), "detail": f"{title}."}
        media.setdefault("example", problem | {"code": code, "requestId": _BY_NAME["requestId"]})
    elif kind == "application/json":
        _complete(media, schemas)


def _complete(media: dict[str, Any], schemas: dict[str, Json]) -> None:
    if "example" not in media and "examples" not in media and media.get("schema"):
        media["example"] = example_of(media["schema"], schemas)


def example_of(schema: dict[str, Any], schemas: dict[str, Json], name: str = "", depth: int = 0) -> Json:
    """A value that the schema allows.

    Args:
        schema: JSON Schema; references point into ``schemas``.
        schemas: ``components/schemas`` of the document.
        name: the field's, where there is one.
        depth: how deep it is nested; a schema that contains itself ends somewhere.
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth + 1)
    for key in ("example", "const"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    choices = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, [])]
    if choices and "properties" not in schema and depth < _DEPTH:
        return example_of(choices[0], schemas, name, depth + 1)
    if schema.get("type") in {"string", "integer", "number"} and (known := _named(name, schema)) is not None:
        return known
    return _by_kind(schema, schemas, depth)


def _named(name: str, schema: dict[str, Any]) -> Json:
    """What a field of this name usually holds; ``None`` when nothing is known, or the schema wants a form."""
    if "pattern" in schema:
        return _BY_PATTERN.get(schema["pattern"])
    ending = next((value for end, value in _BY_ENDING.items() if name.endswith(end)), None)
    known = _BY_NAME.get(name, ending)
    return known if isinstance(known, str) == (schema["type"] == "string") else None


def _by_kind(schema: dict[str, Any], schemas: dict[str, Json], depth: int) -> Json:
    kind = schema.get("type", "object")
    if kind == "object":
        fields = cast("dict[str, Any]", schema.get("properties", {})) if depth < _DEPTH else {}
        return {field: example_of(one, schemas, field, depth + 1) for field, one in fields.items()}
    if kind == "array":
        items = schema.get("items") if depth < _DEPTH else None
        return [example_of(items, schemas, "", depth + 1)] if items else []
    if schema.get("default") is not None:
        return schema["default"]
    return _BY_FORMAT.get(schema.get("format", ""), schema.get("minimum", _BY_TYPE.get(kind)))
