"""Reading JSON bodies by the contract's rules: what is refused, and in which words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from fastapi import Request
from pydantic import BaseModel, ValidationError

from calltrace.dialects.callcov.errors import InvalidError, Item, RefusedError
from calltrace.kit import strict_json

MAX_BYTES = 1024 * 1024
SECRETS = frozenset({"password", "new_password", "current_password", "code", "otp", "token", "refresh_token"})
"""Fields whose values are never answered back."""
REDACTED = "[redacted]"
M = TypeVar("M", bound=BaseModel)


async def read_json(request: Request, model: type[M]) -> M:
    """The body as a model.

    Raises:
        RefusedError: 400, another content type or too large. InvalidError: what is wrong with it.
    """
    if _media_type(request) != "application/json":
        raise RefusedError(400, "Content-Type must be application/json")
    return checked(model, _parsed(await _read(request)))


async def read_optional_json(request: Request, model: type[M]) -> M:
    """The same where the body may be left out, and its type with it.

    Raises:
        RefusedError, InvalidError: as above.
    """
    body = await _read(request)
    if not body:
        return checked(model, {})
    if _media_type(request) != "application/json":
        raise RefusedError(400, "Content-Type must be application/json")
    return checked(model, _parsed(body))


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            error = RefusedError(400, "Request body too large")
            error.headers = {"Connection": "close"}
            raise error
    return bytes(body)


def _parsed(body: bytes) -> Any:
    if not body:
        raise InvalidError([{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}])
    try:
        return strict_json.parse(body)
    except ValueError as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise InvalidError(
            [{"type": "json_invalid", "loc": ["body", place], "msg": "JSON decode error", "input": {}}]
        ) from error


def checked(model: type[M], content: Any) -> M:
    """Content as a model.

    Raises:
        InvalidError: item by item, in pydantic's words, without values of secrets.
    """
    try:
        return model.model_validate(content, from_attributes=True)  # it words refusals as FastAPI does
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise InvalidError(
            [_item(one["type"], one["loc"], one["msg"], one["input"]) for one in found]
        ) from error


def _item(kind: str, place: Sequence[int | str], text: str, given: Any) -> Item:
    secret = bool(place) and place[-1] in SECRETS and kind != "missing"
    shown = REDACTED if secret else _without_secrets(given)
    return {"type": kind, "loc": ["body", *place], "msg": text, "input": shown}


def _without_secrets(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    fields = cast("Mapping[str, Any]", given)
    return {name: REDACTED if name in SECRETS else value for name, value in fields.items()}
