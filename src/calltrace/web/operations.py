"""An OpenAPI document as the reference page shows it: plain values, and each object that has a name once.

What is an object of a name links to it; everything else is told in place.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_DEPTH = 3
_NOTHING: dict[str, Any] = {}
_BEARER = {"scheme": "bearer"}
Schemas = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table: a parameter or a field of a body. ``name`` has a dot for each level.

    ``thing``: the object of a name that it is, or has a list of.
    """

    name: str
    kind: str
    required: bool
    text: str
    thing: "Thing | None" = None


@dataclass(frozen=True, slots=True)
class Thing:
    """Where an object is described that has a name."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Described:
    """An object that has a name, with its fields."""

    thing: Thing
    text: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that an operation answers with."""

    status: str
    text: str
    kinds: list[str]
    example: str | None
    thing: Thing | None
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    title: str
    text: str
    scopes: list[str]
    parameters: list[Field]
    body: list[Field]
    body_example: str | None
    answers: list[Answer]
    command: str | None
    """To paste; none where a request has to be signed first."""


def grouped(document: dict[str, Any], server: str) -> dict[str, list[Operation]]:
    """All operations by tag, in the order of the document; ``server`` is what commands are sent to."""
    groups: dict[str, list[Operation]] = {}
    components = document.get("components", {})
    schemas: Schemas = components.get("schemas", {})
    commands = _Commands(server, components.get("securitySchemes", {}))
    for path, verbs in document["paths"].items():
        for method, entry in verbs.items():
            tag = (entry.get("tags") or ["Other"])[0]
            groups.setdefault(tag, []).append(_operation(method.upper(), path, entry, schemas, commands))
    return groups


def described(document: dict[str, Any]) -> list[Described]:
    """All objects of a name that have fields, by name."""
    schemas: Schemas = document.get("components", {}).get("schemas", {})
    found = [
        Described(_thing(name, schemas), _text(schema), _fields(schema, schemas))
        for name, schema in schemas.items()
        if "properties" in schema
    ]
    return sorted(found, key=lambda one: one.thing.title.lower())


@dataclass(frozen=True, slots=True)
class _Commands:
    """How operations are called: where, and by which schemes of security."""

    server: str
    schemes: Schemas

    def of(self, method: str, path: str, body: str | None, secured: list[dict[str, list[str]]]) -> str | None:
        named = [name for scheme in secured for name in scheme]
        bearer = [name for name in named if self.schemes.get(name, _BEARER).get("scheme") == "bearer"]
        if named and not bearer:
            return None
        return _command(method, self.server + path, body, secured=bool(named))


def _operation(
    method: str, path: str, entry: dict[str, Any], schemas: Schemas, commands: _Commands
) -> Operation:
    body = entry.get("requestBody", {}).get("content", {}).get("application/json", {})
    title, _, rest = entry.get("description", entry.get("summary", "")).partition("\n")
    example = _pretty(body["example"]) if "example" in body else None
    secured: list[dict[str, list[str]]] = entry.get("security", [])
    return Operation(
        anchor=re.sub(r"[^a-z0-9]+", "-", f"{method}{path}".lower()).strip("-"),
        method=method, path=path, title=title.rstrip("."), text=rest.strip(),
        scopes=[scope for scheme in secured for scopes in scheme.values() for scope in scopes],
        parameters=[_parameter(one, schemas) for one in entry.get("parameters", [])],
        body=_fields(body.get("schema", {}), schemas), body_example=example,
        answers=[_answer(status, one, schemas) for status, one in entry["responses"].items()],
        command=commands.of(method, path, example, secured),
    )  # fmt: skip


def _parameter(one: dict[str, Any], schemas: Schemas) -> Field:
    schema = one.get("schema", {})
    text = one.get("description") or schema.get("description", "")
    return Field(one["name"], f"{_kind(schema, schemas)}, {one['in']}", one.get("required", False), text)


def _answer(status: str, entry: dict[str, Any], schemas: Schemas) -> Answer:
    content: dict[str, dict[str, Any]] = entry.get("content", {})
    shown: dict[str, Any] = next((one for one in content.values() if "example" in one), _NOTHING)
    example = _pretty(shown["example"]) if shown else None
    schema: dict[str, Any] = next((one["schema"] for one in content.values() if "schema" in one), _NOTHING)
    thing = _named(schema, schemas)
    fields = [] if thing else _fields(schema, schemas)
    return Answer(status, entry.get("description", ""), list(content), example, thing, fields)


def _fields(schema: dict[str, Any], schemas: Schemas, prefix: str = "", depth: int = 0) -> list[Field]:
    schema = _inner(schema, schemas)
    found: list[Field] = []
    for name, one in schema.get("properties", {}).items():
        text, thing = _text(one) or _text(_resolved(one, schemas)), _named(one, schemas)
        required = name in schema.get("required", [])
        found.append(Field(prefix + name, _kind(one, schemas), required, text, thing))
        if depth < _DEPTH and not thing:
            found += _fields(one, schemas, f"{prefix}{name}.", depth + 1)
    return found


def _text(schema: dict[str, Any]) -> str:
    """What it says of itself, on one line."""
    return " ".join(schema.get("description", "").split())


def _thing(name: str, schemas: Schemas) -> Thing:
    """The object of a name, called by its title, or by its whole name where another one has that title."""
    title = schemas[name].get("title", name)
    is_shared = sum(one.get("title") == title for one in schemas.values()) > 1
    return Thing(f"object-{name}", name.replace("__", ".") if is_shared else title)


def _named(schema: dict[str, Any], schemas: Schemas) -> Thing | None:
    """The object with fields that a schema refers to, itself or as one of a list or of choices."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _thing(name, schemas) if "properties" in schemas[name] else _named(schemas[name], schemas)
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    inner: dict[str, Any] | None = choices[0] if choices else schema.get("items")
    return _named(inner, schemas) if inner else None


def _resolved(schema: dict[str, Any], schemas: Schemas) -> dict[str, Any]:
    """What a reference means; of several choices the first that is not null."""
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return _resolved(choices[0], schemas) if choices else schema


def _inner(schema: dict[str, Any], schemas: Schemas) -> dict[str, Any]:
    """The object that is described: of a list, its entries."""
    resolved = _resolved(schema, schemas)
    return _inner(resolved.get("items", {}), schemas) if resolved.get("type") == "array" else resolved


def _kind(schema: dict[str, Any], schemas: Schemas) -> str:
    """The type for reading, such as ``string (uuid) or null``."""
    resolved = _resolved(schema, schemas)
    nullable = " or null" if any(one.get("type") == "null" for one in schema.get("anyOf", [])) else ""
    if choices := resolved.get("enum") or ([resolved["const"]] if "const" in resolved else []):
        return " | ".join(json.dumps(one) for one in choices) + nullable
    kind = resolved.get("type", "object" if "properties" in resolved else "any")
    if kind == "array":
        return f"list of {_kind(resolved.get('items', {}), schemas)}{nullable}"
    form = f" ({resolved['format']})" if "format" in resolved else ""
    return f"{kind}{form}{nullable}"


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _command(method: str, url: str, body: str | None, *, secured: bool) -> str:
    lines = ["curl" if method == "GET" else f"curl -X {method}", f"'{url}'"]
    if secured:
        lines.append('-H "Authorization: Bearer $CALL_TRACE_API_KEY"')
    if body:
        one_line = json.dumps(json.loads(body), ensure_ascii=False).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{one_line}'"]
    return " \\\n  ".join(lines)
