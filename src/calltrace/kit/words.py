"""Words that people read: English where they are written, another language where a page shows them.

Every message is one whole sentence or label in the catalogue (``web/locale/calltrace.pot``, made by
``make strings``). Values stand in it by name, as ``%(name)s``; a percent sign is written twice.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import Any, Self, TypeVar

from markupsafe import Markup, escape

_Key = TypeVar("_Key")
_ONE_VALUE = re.compile(r"%\(\w+\)s")
_MOST_KEPT = 10_000
"""Messages that are kept ready: more than there are, but errors can hold what others wrote."""


@dataclass
class Tongue:
    """What the pages of this process speak.

    Attributes:
        language: of the catalogue, such as ``de`` or ``pt_BR``.
        catalogue: messages of it; none for English.
        scripts: messages of the pages' scripts by their English.
    """

    language: str = "en"
    catalogue: NullTranslations = field(default_factory=NullTranslations)
    scripts: Mapping[str, str] = field(default_factory=dict[str, str])
    markup: dict[str, str] = field(default_factory=dict[str, str])
    escaped: dict[str, Markup] = field(default_factory=dict[str, Markup])


_spoken = [Tongue()]


def tongue() -> Tongue:
    """What is spoken now."""
    return _spoken[0]


def speak(chosen: Tongue) -> None:
    """From now on pages speak this, in the whole process."""
    _spoken[0] = chosen


def markup(message: str, /, **values: object) -> Markup:
    """A message of a template, whose text is markup; values are escaped.

    Pages say thousands of them: what ``Markup`` itself does with ``%`` would take four times as long.
    """
    known = _spoken[0].markup
    found = known.get(message)
    if found is None:
        found = known[message] = _found(message)
    return Markup(found % {name: escape(value) for name, value in values.items()})  # noqa: S704 - our own text


def around(message: str) -> tuple[Markup, Markup]:
    """What a message says before and after its one value: for rows of which a page has thousands."""
    before, after = _ONE_VALUE.split(_found(message).replace("%%", "%"), 1)
    return Markup(before), Markup(after)  # noqa: S704 - our own text


def _found(message: str) -> str:
    """In the language of the pages. Of an empty text gettext would tell all about its catalogue."""
    return _spoken[0].catalogue.gettext(message) if message else ""


def markup_plural(one: str, many: str, count: float, /, **values: object) -> Markup:
    """The same of a message that has another form for other numbers; ``num`` is the number.

    The rules of a catalogue know whole numbers only: 1.5 points are several.
    """
    whole = int(count) if count == int(count) else max(2, int(count))
    found = Markup(_spoken[0].catalogue.ngettext(one, many, whole))  # noqa: S704 - our own text
    return found % {"num": count, **values}


class Words(str):
    """A message that is written in Python.

    It is its own English text, for JSON, logs and whoever compares it. Pages show it in their language.
    Values that are words themselves are shown in theirs, too. What is made of words, makes words again
    with ``Words`` or ``joined``: an f-string of them would be English everywhere.
    """

    __slots__ = ("many", "message", "values")

    def __new__(cls, message: str, /, **values: object) -> Self:
        """Of a literal, or the catalogue would not have it."""
        made = super().__new__(cls, message % values)
        made.message, made.values, made.many = message, values, None
        return made

    @classmethod
    def plural(cls, one: str, many: str, count: int, /, **values: object) -> Self:
        """A message that has another form for other numbers; the number is ``count`` in it."""
        made = cls(one if count == 1 else many, count=count, **values)
        made.message, made.many = one, (many, count)
        return made

    @classmethod
    def of(cls, text: str) -> Self:
        """A text that the catalogue has, or has not: words as they are, else a message without values."""
        return text if isinstance(text, cls) else cls(text.replace("%", "%%"))

    def where_programs_read(self, english: str) -> Self:
        """The same words on pages, and another English text wherever programs read.

        A refusal names a field as its API does, which says nothing to somebody who fills in a form.
        """
        made = str.__new__(type(self), english)
        made.message, made.values, made.many = self.message, self.values, self.many
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """A pickle is the English."""
        return str, (str.__str__(self),)

    def __deepcopy__(self, _seen: Any) -> Self:
        """Words do not change."""
        return self

    def __html__(self) -> Markup:
        """What a page shows."""
        if self.many is not None:
            return escape(_spoken[0].catalogue.ngettext(self.message, *self.many)) % self.values
        return _escaped(self.message) % self.values


def _escaped(message: str) -> Markup:
    known = _spoken[0].escaped
    found = known.get(message)
    if found is None:
        found = escape(_found(message))
        if len(known) < _MOST_KEPT:
            known[message] = found
    return found


class Joined(str):
    """Several words one after the other."""

    __slots__ = ("_between", "parts")

    def __new__(cls, between: str, parts: Iterable[str], /) -> Self:
        """Of parts, with a text between them."""
        kept = tuple(parts)
        made = super().__new__(cls, between.join(kept))
        made._between, made.parts = between, kept
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """A pickle is the English."""
        return str, (str.__str__(self),)

    def __deepcopy__(self, _seen: Any) -> Self:
        """Words do not change."""
        return self

    def __html__(self) -> Markup:
        """What a page shows."""
        return escape(self._between).join(self.parts)


class Sentence(str):
    """Words that were written to go on after a place, "line 3: …", where they stand alone."""

    __slots__ = ("_words",)

    def __new__(cls, said: str, /) -> Self:
        """Of words, or of a text."""
        made = super().__new__(cls, _alone(said))
        made._words = said
        return made

    def __html__(self) -> Markup:
        """What a page shows."""
        return Markup(_alone(escape(self._words)))  # noqa: S704 - escaped


def _alone(said: str) -> str:
    end = "" if said.endswith((".", "?", "!")) else "."
    return f"{said[:1].upper()}{said[1:]}{end}"


def joined(between: str, parts: Iterable[str]) -> str:
    """Words one after the other, still to be shown in the language of a page."""
    return Joined(between, parts)


def worded(table: Mapping[_Key, str]) -> dict[_Key, str]:
    """A table of words: every text in it is a message without values."""
    return {key: Words.of(text) for key, text in table.items()}


def messages(table: Mapping[_Key, str]) -> Mapping[_Key, str]:
    """A table of messages that are made words later, by ``Words(table[key], name=value)``."""
    return table


def local(text: str) -> str:
    """A text as a page shows it where the page cannot: in what scripts and downloads are given."""
    return escape(text).unescape() if hasattr(text, "__html__") else text
