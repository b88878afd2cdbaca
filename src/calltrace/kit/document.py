"""The base of every document that crosses a wire or is stored as JSON."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Document(BaseModel):
    """An immutable value with snake_case names in Python and camelCase names on the wire.

    Unknown fields are refused: a misspelt key is an error, not a silent default.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,  # values are what people said: they must not reach a log
    )
