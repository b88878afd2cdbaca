"""JSON that a database can keep: UTF-8, finite numbers, no NUL and no lone surrogate in a text."""

import json
import math
from typing import Any


def parse(body: bytes) -> Any:
    """What a body says.

    Raises:
        ValueError: it is no JSON, nested beyond reason, or holds what cannot be kept.
    """
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        _check_text(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return content


def depth(value: Any) -> int:
    """How deep objects and lists lie in one another; 0 for anything else."""
    found, level = 0, _within([value])
    while level:
        found, level = found + 1, _within([one for inner in level for one in inner])
    return found


def _within(values: list[Any]) -> list[list[Any]]:
    """What the objects and lists among some values hold."""
    objects = [list(one.values()) for one in values if isinstance(one, dict)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON can be anything
    return [*objects, *(one for one in values if isinstance(one, list))]  # pyright: ignore[reportUnknownVariableType] - JSON can be anything


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def _check_text(value: Any) -> None:
    """Refuse NUL and lone surrogates: they are legal escapes that no UTF-8 database can hold."""
    if isinstance(value, str):
        value.encode("utf-8")
        if "\0" in value:
            raise ValueError("NUL in text")
    elif isinstance(value, dict):
        for key, one in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON can be anything
            _check_text(key)
            _check_text(one)
    elif isinstance(value, list):
        for one in value:  # pyright: ignore[reportUnknownVariableType] - JSON can be anything
            _check_text(one)
