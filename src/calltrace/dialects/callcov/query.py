"""Query parameters by the contract's rules, refused in the words of its second document (CV-031)."""

import re
from collections.abc import Sequence
from typing import TypeVar

from starlette.datastructures import QueryParams

from calltrace.dialects.callcov.errors import InvalidError, Item

HIGHEST = 2**62
"""Beyond any list: larger offsets mean the same, and a database cannot count them."""
T = TypeVar("T")
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")


class Query:
    """Reads parameters (of repeated ones the last), and refuses all that are wrong together."""

    def __init__(self, params: QueryParams) -> None:
        self._params = params
        self._wrong: list[Item] = []

    def integer(self, names: Sequence[str], default: int, least: int, most: int | None = None) -> int:
        """The first of some names that is given, as a number between two."""
        name = next((one for one in names if one in self._params), None)
        if name is None:
            return default
        text = self._params[name].strip()
        if not _INTEGER.fullmatch(text):
            return self._refuse(name, "type_error.integer", "value is not a valid integer", default)
        value = int(text)
        if most is not None and value > most:
            told = f"ensure this value is less than or equal to {most}"
            return self._refuse(name, "value_error.number.not_le", told, default)
        if value < least:
            told = f"ensure this value is greater than or equal to {least}"
            return self._refuse(name, "value_error.number.not_ge", told, default)
        return min(value, HIGHEST)

    def choice(self, name: str, known: Sequence[str]) -> str | None:
        """One of some words; nothing when it is left out or empty."""
        value = self._params.get(name) or None
        if value is not None and value not in known:
            permitted = ", ".join(f"'{one}'" for one in known)
            told = f"value is not a valid enumeration member; permitted: {permitted}"
            return self._refuse(name, "type_error.enum", told, None)
        return value

    def text(self, name: str) -> str | None:
        """A text; nothing when it is left out or empty. What no database holds finds nothing there either."""
        return (self._params.get(name) or "").replace("\0", "\ufffd") or None

    def _refuse(self, name: str, kind: str, told: str, default: T) -> T:
        self._wrong.append({"loc": ["query", name], "msg": told, "type": kind})
        return default

    def check(self) -> None:
        """Go on only if all were right.

        Raises:
            InvalidError: naming each that is not.
        """
        if self._wrong:
            raise InvalidError(self._wrong)
