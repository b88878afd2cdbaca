"""Reads pages in the pseudo-locale: what no message and no data says is beside the catalogue."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from html.parser import HTMLParser
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from calltrace.kit.words import Joined, Words, speak, tongue
from calltrace.web.names import NAMES
from calltrace.web.render import environment
from calltrace.web.shown import FILTERS
from strings_file import pseudo_tongue

ENGLISH = "reference.html"
"""The reference of the API, which speaks English (docs/translation.md)."""
READ = {"title", "aria-label", "placeholder", "alt", "label"}
UNREAD = {"script", "style", "code", "pre", "time", "textarea"}
DRAWN = {"chart", "shares", "spark", "qr"}
"""What is drawn before the template is rendered; its words are words of Python."""
ITSELF = {
    "Call Trace",
    "calltrace.toml",
    "CSV",
    "UTC",
    "API",
    "HTTP",
    "YAML",
    "JSON",
    "O",
    "vtt",
    "srt",
    "txt",
    "json",
}
"""What is the same in every language."""
RAW = {*NAMES, *map(str, NAMES.values()), "Agent", "Customer"} - {
    "email",
    "address",
    "phone",
    "text",
    "voice",
    "paused",
}
"""Names of the data model: a page that shows one has not asked for its word. The last are also fields."""
_MARKS = re.compile("([⟦⟧⟪⟫])")
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Page(HTMLParser):
    """Texts in no message, and data that is shown as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.beside, self.data = list[str](), list[str]()
        self.unread, self._said, self._told = list[str](), 0, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        drawn = tag == "svg" and DRAWN & set((values.get("class") or "").split())
        if tag in UNREAD or drawn or (self.unread and tag == self.unread[0]):
            self.unread.append(tag)
        is_button = tag == "input" and values.get("type") in {"submit", "button"}
        shown = {*READ, "value"} if is_button else READ
        for name, value in attrs:
            if name in shown and value and not self.unread:
                before, self._said, self._told = (self._said, self._told), 0, 0
                self.handle_data(value)
                self._said, self._told = before

    def handle_endtag(self, tag: str) -> None:
        if self.unread and tag == self.unread[-1]:
            self.unread.pop()

    def handle_data(self, data: str) -> None:
        if self.unread:
            return
        for part in _MARKS.split(data):
            if part in {"⟦", "⟧"}:
                self._said += 1 if part == "⟦" else -1
            elif part in {"⟪", "⟫"}:
                self._told += 1 if part == "⟪" else -1
            elif not self._said and _WORD.search(part):
                (self.data if self._told else self.beside).append(" ".join(part.split()))


def beside(html: str) -> list[str]:
    """Texts of a page, rendered by ``marking``, that stand in no catalogue."""
    page = _Page()
    page.feed(html)
    texts = (one.removesuffix("· Call Trace").strip(" ·.,;:()%→") for one in page.beside)
    found = [one for one in texts if _WORD.search(one) and one not in ITSELF]
    return found + [f"the name {one}" for one in page.data if one in RAW and one not in ITSELF]


def _marked(value: Any) -> Any:
    """Data as it is shown, in brackets of its own."""
    if isinstance(value, Joined):
        return Markup(" ").join(_marked(one) for one in value.parts)
    if isinstance(value, Markup | Words) or not isinstance(value, str):
        return value
    return f"⟪{value}⟫" if _WORD.search(value) else value


@cache
def marking() -> Environment:
    """Templates that tell data from words."""
    made = environment(finalize=_marked)
    marked: dict[str, Any] = {"said": _said, "prose": _prose, "told": _told}
    marked |= {"name": _known("name"), "heading": _known("heading")}
    made.filters.update(marked)
    return made


def _known(named: str) -> Callable[[str], str]:
    """A word of the data model: what has none is no data, but a word that was forgotten."""

    def shown(word: str) -> str:
        found = FILTERS[named](word)
        return found if isinstance(found, Words) else Markup(found)

    return shown


def _said(text: str, redacted: Sequence[str]) -> Markup:
    return FILTERS["said"](f"⟪{text}⟫", redacted)


def _told(text: str) -> str:
    """What was kept is data, unless the catalogue has it."""
    words = Words.of(text)
    return words if "⟦" in escape(words) else str(text)


def _prose(text: str) -> Markup:
    return FILTERS["prose"](f"⟪{text}⟫")


class Reading:
    """In the place of the templates: renders each page as it is, and reads it in the pseudo-locale, too."""

    def __init__(self, templates: Environment) -> None:
        self.found, self._templates = list[str](), templates

    def get_template(self, name: str) -> "_Both":
        """A template that is read whenever it is rendered."""
        return _Both(lambda values: self._render(name, values))

    def _render(self, name: str, values: dict[str, Any]) -> str:
        if name != ENGLISH:
            self._read(name, values)
        return self._templates.get_template(name).render(values)

    def _read(self, name: str, values: dict[str, Any]) -> None:
        spoken = tongue()
        speak(pseudo_tongue())
        try:
            html = marking().get_template(name).render({**values, "tongue": tongue()})
        finally:
            speak(spoken)
        self.found += [f"{name}: {one}" for one in beside(html)]


class _Both:
    def __init__(self, render: Callable[[dict[str, Any]], str]) -> None:
        self.render = render
