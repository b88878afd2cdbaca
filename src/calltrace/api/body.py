"""Reading a JSON body by the contract's rules, before anything else believes it."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from calltrace.api.problems import InvalidJsonError, RequestTooLargeError, UnsupportedContentTypeError
from calltrace.kit import strict_json
from calltrace.kit.errors import FieldError, InvalidRequestError

MAX_BYTES = 1024 * 1024
_BIG = 32 * 1024
M = TypeVar("M", bound=BaseModel)


async def read_json(request: Request, model: type[M]) -> M:
    """The body as a model.

    Raises:
        UnsupportedContentTypeError, RequestTooLargeError, InvalidJsonError: before it is looked at.
        InvalidRequestError: naming every field that is wrong.
    """
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared != "application/json" and not declared.endswith("+json"):
        raise UnsupportedContentTypeError("Send the body as application/json.")
    body = await read(request)
    content = _parse(body)
    if not isinstance(content, dict):
        raise InvalidRequestError(
            "The body must be a JSON object.", errors=[FieldError("", "Not an object.")]
        )
    try:
        if len(body) > _BIG:  # a large scorecard takes long enough to hold up other requests
            return await asyncio.to_thread(model.model_validate, content)
        return model.model_validate(content)
    except ValidationError as error:
        raise _refusal(error, content) from error


def has_body(request: Request) -> bool:
    """Whether a request comes with a body at all, where the contract lets it be left out."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def read(request: Request) -> bytes:
    """The body as it came, never more than MAX_BYTES of it.

    Raises:
        RequestTooLargeError: there is more.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise RequestTooLargeError(f"A request body has at most {MAX_BYTES} bytes.")
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        return strict_json.parse(body)
    except ValueError as error:
        raise InvalidJsonError("The body is not valid JSON.") from error


def _refusal(error: ValidationError, content: Any) -> InvalidRequestError:
    fields = [FieldError(_pointer(one["loc"], content), _sentence(one["msg"])) for one in error.errors()]
    first = fields[0]
    return InvalidRequestError(f"{first.pointer[1:] or 'body'}: {first.detail}", errors=fields)


def _pointer(loc: Sequence[int | str], content: Any) -> str:
    """Where it stands in the body: of a choice between models, pydantic also names the model."""
    pointer, here = "", content
    for number, part in enumerate(loc, 1):
        inside = _inside(here, part)
        if inside or number == len(loc):  # the last one may be missing
            pointer += f"/{part}"
            here = inside[0] if inside else None
    return pointer


def _inside(value: Any, part: int | str) -> tuple[Any, ...]:
    """What stands under a name or a place: one value, or nothing."""
    try:
        return (value[part],)
    except (LookupError, TypeError):
        return ()


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
