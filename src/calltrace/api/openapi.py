"""What the routers say of themselves in the OpenAPI document."""

from typing import Any, cast

from pydantic import BaseModel

from calltrace.api.problems import MEDIA_TYPE, Problem

_UNAUTHORIZED, _TOO_MANY = 401, 429


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the errors that an operation can answer; a key can always be used too often."""
    if _UNAUTHORIZED in statuses:
        statuses = (*statuses, _TOO_MANY)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"model": Problem, "content": {MEDIA_TYPE: schema}} for status in sorted(statuses)}


def json_body(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The entry for a body that is read by ``read_json``."""
    schema = model.model_json_schema()
    content = {"application/json": {"schema": _inlined(schema, schema.pop("$defs", {}))}}
    return {"requestBody": {"required": required, "content": content}}


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """A schema with what it refers to in place: its references would point to nowhere in the document."""
    if isinstance(value, list):
        return [_inlined(one, definitions) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    schema = cast("dict[str, Any]", value)
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "oneOf" in schema:  # its discriminator maps to references; each branch's constant says the same
        schema = {key: one for key, one in schema.items() if key != "discriminator"}
    return {key: _inlined(one, definitions) for key, one in schema.items()}
