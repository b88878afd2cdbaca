"""The base of request bodies: camelCase, and what is not known is ignored."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A request body; strict types, unknown fields are ignored (decisions, section 1)."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=False, validate_by_alias=True, frozen=True,
        extra="ignore", strict=True, hide_input_in_errors=True, allow_inf_nan=False,
    )  # fmt: skip


def body_of(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """The entry of the OpenAPI document for a body that is read by ``deps.read_body``."""
    schema = model.model_json_schema()
    schema.pop("$defs", None)
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
