"""What the routers say of themselves in the OpenAPI document."""

from typing import Any

from pydantic import BaseModel

from calltrace.api.problems import MEDIA_TYPE, Problem

_UNAUTHORIZED, _TOO_MANY = 401, 429


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the errors that an operation can answer; a key can always be used too often."""
    if _UNAUTHORIZED in statuses:
        statuses = (*statuses, _TOO_MANY)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"model": Problem, "content": {MEDIA_TYPE: schema}} for status in sorted(statuses)}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """The entry for a body that is read by ``read_json``."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}
