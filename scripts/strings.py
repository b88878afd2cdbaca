"""The catalogue of everything that pages say: ``src/calltrace/web/locale/calltrace.pot``.

Templates say ``_("…")`` and ``{% trans %}``, Python ``Words("…")``, scripts ``t("…")``. What an error says
is a message without any mark: the first text that a class named ``…Error`` is made with, the ``detail`` of
a ``FieldError``, and the ``title`` of the class.

    strings.py              write the catalogue anew
    strings.py --check      fail if it is not what the sources say
    strings.py --pseudo     write the language en_XA, in which every message is seen to be one
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "src" / "calltrace" / "web" / "locale"
CATALOGUE = LOCALE / "calltrace.pot"
PSEUDO = "en_XA"
APART = ("api/", "backup/", "bench/", "cli/", "dialects/")
"""What says nothing on pages."""
TEMPLATES = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false", "newstyle_gettext": "true"}
SCRIPT_WORDS = {"t": None}
NOISE = re.compile(r'^"(Project|Report|POT-C|PO-R|Last-T|Language-T|Generated).*\n', re.MULTILINE)
HEADER = "# Everything that the pages of Call Trace say. Made by `make strings`; translated in copies of it."
_KEPT = re.compile(r"(%\(\w+\)s|%%|<[^>]*>|&\w+;)")
_ACCENTS = str.maketrans(
    "aceghijnosuwyzACEGHIJNOSUWYZ",
    "áçéĝĥíĵñóšúŵýžÁÇÉĜĤÍĴÑÓŠÚŴÝŽ",
)  # fmt: skip
_WORDS, _PLURALS, _FIELD_ERROR = "Words", "plural", "FieldError"

Message = tuple[int, str, str | tuple[str, ...], list[str]]


def catalogue() -> Catalog:
    """Every message of the sources, with the files that say it."""
    found = Catalog(project="Call Trace", charset="utf-8", fuzzy=False)
    places: list[tuple[Path, list[tuple[str, Any]]]] = [
        (ROOT / "src" / "calltrace", [("**/templates/**.html", "jinja2"), ("**.py", python_messages)]),
        (ROOT / "frontend" / "src", [("**.ts", "javascript")]),
    ]
    for folder, methods in places:
        options = {"**/templates/**.html": TEMPLATES}
        keywords = {"gettext": None, "_": None, "around": None, "ngettext": (1, 2), **SCRIPT_WORDS}
        for name, line, message, comments, context in extract_from_dir(
            folder, methods, options, keywords, comment_tags=("Translators:",), strip_comment_tags=True
        ):
            if name.startswith(APART):
                continue
            where = (folder / name).relative_to(ROOT).as_posix()
            found.add(message, None, [(where, line)], auto_comments=comments, context=context)
    return found


def python_messages(file: IO[bytes], _keywords: Any, _comment_tags: Any, options: Any) -> Iterator[Message]:
    """What a module says to people (an extraction method of Babel)."""
    del options
    tree = ast.parse(file.read())
    passed, helpers = _passed_to_errors(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _said(node)
            at = helpers.get(_called(node))
            if at is not None:
                yield from _plain(node.args[at] if at < len(node.args) else None)
        elif isinstance(node, ast.Assign) and passed & set(_names(node)):
            yield from _plain(node.value)
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            yield from _class_says(node)


def _passed_to_errors(tree: ast.Module) -> tuple[set[str], dict[str, int]]:
    """Variables that errors are made with, and functions that make an error of one of their parameters."""
    helpers = dict[str, int]()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        parameters = [one.arg for one in function.args.args]
        used = _texts_of_errors(function)
        found = [at for at, one in enumerate(parameters) if one in used]
        if found:
            helpers[function.name] = found[0]
    return _texts_of_errors(tree), helpers


def _texts_of_errors(within: ast.AST) -> set[str]:
    calls = (node for node in ast.walk(within) if isinstance(node, ast.Call) and node.args)
    texts = (call.args[0] for call in calls if _called(call).endswith("Error"))
    return {one.id for one in texts if isinstance(one, ast.Name)}


def _class_says(kind: ast.ClassDef) -> Iterator[Message]:
    """The title of an error, and what it is always made with."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Assign) and _names(node) == ["title"]:
            yield from _plain(node.value)
        elif isinstance(node, ast.Call) and _called(node) == "__init__":
            yield from _plain(node.args[0] if node.args else None)


def _called(call: ast.Call) -> str:
    name: str = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
    return name


def _said(call: ast.Call) -> Iterator[Message]:
    name = _called(call)
    first = call.args[0] if call.args else None
    if name in _TABLES and isinstance(first, ast.Dict):
        yield from (one for value in first.values for one in _TABLES[name](value))
    elif name == _WORDS:
        yield from _filled(first)
    elif name == _PLURALS and len(call.args) > 1:
        one, many = _text(first), _text(call.args[1])
        if one is not None and many is not None:
            yield call.lineno, "ngettext", (one, many), []
    elif name == _FIELD_ERROR:
        yield from _plain(call.args[1] if len(call.args) > 1 else None)
    elif name.endswith("Error"):
        yield from _plain(first)


def _filled(node: ast.expr | None) -> Iterator[Message]:
    """A text as it is looked up: values stand in it by name."""
    text = _text(node)
    if text is not None and node is not None:
        yield node.lineno, "gettext", text, []


def _word(node: ast.expr | None) -> Iterator[Message]:
    """A text of a table, whatever its length."""
    return _plain(node, shortest="")


def _plain(node: ast.expr | None, shortest: str = " ") -> Iterator[Message]:
    """A text without values: a percent sign in it is only itself. One word is a name for programs."""
    text = _text(node)
    if text and shortest in text:
        assert node is not None
        yield node.lineno, "gettext", text.replace("%", "%%"), []


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


_TABLES: dict[str, Callable[[ast.expr | None], Iterator[Message]]] = {"worded": _word, "messages": _filled}


def _names(assigned: ast.Assign) -> list[str]:
    return [one.id for one in assigned.targets if isinstance(one, ast.Name)]


def written(found: Catalog) -> str:
    """A catalogue as text: without dates and lines, so that it changes only when a message does."""
    file = io.BytesIO()
    write_po(file, found, width=100, sort_by_file=True, include_lineno=False)
    text = NOISE.sub("", file.getvalue().decode())
    return f"{HEADER}\n{text[text.index('msgid') :]}"


def pseudo(template: Catalog) -> Catalog:
    """Every message, accented, longer and in brackets: what is shown without them is in no catalogue."""
    made = Catalog(locale="en", domain="calltrace", charset="utf-8", fuzzy=False)
    for message in template:
        if message.id:
            forms = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            accented = tuple(pseudo_text(form) for form in forms)
            made.add(message.id, accented if message.pluralizable else accented[0], message.locations)
    return made


def pseudo_text(text: str) -> str:
    """``⟦Šávé~~⟧`` of ``Save``: values, tags and entities stay."""
    parts = _KEPT.split(text)
    accented = "".join(part if at % 2 else part.translate(_ACCENTS) for at, part in enumerate(parts))
    return f"⟦{accented}{'~' * (1 + len(text) // 4)}⟧"


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description="The catalogue of everything that pages say.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--pseudo", action="store_true")
    asked = parser.parse_args()
    if asked.pseudo:
        place = LOCALE / PSEUDO / "LC_MESSAGES" / "calltrace.po"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(written(pseudo(read_po(io.BytesIO(CATALOGUE.read_bytes())))), "utf-8")
        return
    text = written(catalogue())
    if asked.check:
        if text != CATALOGUE.read_text("utf-8"):
            sys.exit(
                "The catalogue of strings does not match the sources: run `make strings`, and commit it."
            )
        return
    CATALOGUE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
