"""Everything that people read stands in the catalogue: templates and scripts say nothing beside it."""

import ast
import copy
import io
import json
import pickle
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import nodes
from markupsafe import escape

from calltrace.kit.errors import ConfigurationError
from calltrace.kit.words import Tongue, Words, around, joined, local, markup, markup_plural, speak
from calltrace.web.render import templates
from calltrace.web.tongues import tongue_of
from strings_file import ROOT, pseudo_tongue, script

WEB = ROOT / "src" / "calltrace" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "frontend" / "src").rglob("*.ts"))
NAMES = {"Call Trace", "YAML", "CSV", "JSON", "REST", "O", "N", "J", "K", "C", "J K", "HTTP", "Timeout"}
"""What no translation changes: names, keys and formats."""
READ = {
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "label",
    "data-one",
    "data-many",
    "data-most",
    "data-ticked",
}
UNREAD = {"script", "style", "code", "pre", "textarea"}


def test_what_modules_say_is_found() -> None:
    source = b"""
class LateError(CallTraceError):
    title = "Too late"
raise LateError("It is 5 % late.", errors=[FieldError("/at", "This is late.")])
raise LateError("late")
Words("Call of %(name)s", name=name), Words.plural("%(count)s call", "%(count)s calls", n)
worded({"a": "Agent"}), messages({"b": "from %(value)s"}), print("not said")
"""
    found = script("strings").python_messages(io.BytesIO(source), (), (), {})
    assert {text for _line, _function, text, _comments in found} == {
        "Too late", "It is 5 %% late.", "This is late.", "Call of %(name)s",
        ("%(count)s call", "%(count)s calls"),        "Agent", "from %(value)s",
    }  # fmt: skip


def test_the_pseudo_locale_keeps_what_is_no_word() -> None:
    told = script("strings").pseudo_text('Open <a href="/ac">%(name)s</a> &amp; 5 %%')
    assert told == '⟦Ópéñ <a href="/ac">%(name)s</a> &amp; 5 %%~~~~~~~~~~~⟧'


@pytest.fixture
def _pseudo() -> Iterator[None]:
    speak(pseudo_tongue())
    yield
    speak(Tongue())


IN_PSEUDO = pytest.mark.usefixtures("_pseudo")


@IN_PSEUDO
def test_words_are_english_for_programs_and_the_language_of_the_pages_for_people() -> None:
    inner = Words("Agent")
    outer = Words("Call of %(name)s <b>", name="<i>")
    assert (inner, outer, f"{inner}") == ("Agent", "Call of <i> <b>", "Agent")
    assert escape(inner) == "⟦Áĝéñt~~⟧"
    assert escape(outer) == "Call of &lt;i&gt; &lt;b&gt;", "the catalogue has no such message"
    named = Words("Remove %(name)s", name=inner)
    assert (named, str(escape(named))) == ("Remove Agent", "⟦Rémóvé ⟦Áĝéñt~~⟧~~~~⟧")
    assert escape(joined(", ", [inner, "<x>"])) == "⟦Áĝéñt~~⟧, &lt;x&gt;"
    assert local(inner) == "⟦Áĝéñt~~⟧"
    assert (copy.deepcopy(outer), pickle.loads(pickle.dumps(joined(": ", [inner, "x"])))) == (
        outer,
        "Agent: x",
    )


@IN_PSEUDO
def test_plural_forms_are_chosen_by_the_number() -> None:
    told = [Words.plural("%(count)s day ago", "%(count)s days ago", count) for count in (1, 2)]
    assert told == ["1 day ago", "2 days ago"]
    assert [str(escape(one)).strip("⟦~⟧") for one in told] == ["1 dáý áĝó", "2 dáýš áĝó"]
    shown = markup_plural("%(count)s agent", "%(count)s agents", 2, count=2)
    assert str(shown).strip("⟦~⟧") == "2 áĝéñtš"


@IN_PSEUDO
def test_messages_of_templates_are_markup_and_their_values_are_not() -> None:
    assert markup("Remove %(name)s", name="<b>") == "⟦Rémóvé &lt;b&gt;~~~~⟧"
    assert {"Copied.", "not found"} <= set(pseudo_tongue().scripts)


@IN_PSEUDO
def test_a_message_around_one_value_is_its_two_ends() -> None:
    before, after = around("Play from %(time)s")
    assert f"{before}01:02{after}" == "⟦Pĺáý fróm 01:02~~~~~⟧".replace("ĺ", "l")


@IN_PSEUDO
def test_an_empty_text_is_empty_in_every_language() -> None:
    assert (escape(Words.of("")), markup("")) == ("", "")


def test_a_translation_is_compiled_and_a_faulty_one_is_named(tmp_path: Path) -> None:
    strings, built = script("strings"), script("build_frontend")
    made = strings.pseudo(read_po(io.BytesIO(strings.CATALOGUE.read_bytes())))
    whole = strings.written(made)
    file = tmp_path / "en_XB" / "LC_MESSAGES" / "calltrace.po"
    file.parent.mkdir(parents=True)
    file.write_text(whole, "utf-8")
    built.compile_language(file, tmp_path / "built")
    assert (tmp_path / "built" / "en_XB" / "calltrace.mo").stat().st_size > 50_000
    assert "⟦Çópíéd" in json.loads((tmp_path / "built" / "en_XB" / "scripts.json").read_text())["Copied."]
    broken = re.sub(r"(msgstr \"⟦[^\"]*)%\(name\)s", r"\1%(nom)s", whole, count=1)
    file.write_text(broken, "utf-8")
    with pytest.raises(built.FrontendError, match=r"calltrace\.po: .*"):
        built.compile_language(file, tmp_path / "again")


def test_a_language_that_is_not_there_is_refused() -> None:
    assert tongue_of("en").language == "en"
    with pytest.raises(ConfigurationError, match="UI_LANGUAGE: tlh is not translated; there is en"):
        tongue_of("tlh")


_STYLED = re.compile(r"{% block (?:width|layout) %}.*?{% endblock %}")
"""Names of styles."""
_ATTRIBUTES = re.compile(r'[\w-]+="[^"]*"?')
"""Of a macro that writes into a tag."""


def _written(path: Path) -> str:
    """The text of a template outside of all expressions and messages; ``\\0`` stands for these."""
    out, words, within_message = list[str](), list[str](), False
    for _line, kind, text in templates.lex(_STYLED.sub("", path.read_text("utf-8"))):
        if kind in {"block_begin", "variable_begin"}:
            words = []
        elif kind == "name":
            words.append(text)
        elif kind == "block_end" and words[:1] in (["trans"], ["endtrans"]):
            within_message = words[0] == "trans"
            out.append("\0")
        elif kind == "variable_end":
            out.append("\0")
        elif kind == "data" and not within_message:
            out.append(text)
    return "".join(out)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found, self.unread = list[str](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        self.found += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.found += data.split("\0")


def _unsaid(html: str) -> list[str]:
    """Words for people that stand in HTML."""
    reader = _Reader()
    reader.feed(html)
    texts = (re.sub(r"[\0\s]+", " ", _ATTRIBUTES.sub("", one)).strip(" ·.,;:()%→↑↓-") for one in reader.found)
    return [one for one in texts if re.search(r"[^\W\d_]{2}", one) and one not in NAMES]


def test_words_beside_the_catalogue_are_found() -> None:
    assert _unsaid('<p>Save</p><code>no</code><b title="Close">\0 x</b>') == ["Save", "Close"]
    assert _unsaid('<p>\0 · Call Trace</p><a class="x y" href="/z">\0</a>') == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_a_template_says_nothing_beside_the_catalogue(path: Path) -> None:
    assert _unsaid(_written(path)) == []


SENTENCE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2}|^[A-Z][a-z]+$|%[ds] [a-z]{3}")
SAID = {"_", "around", "gettext", "ngettext"}
CLASSES = {"card narrow problem", "pending", "done"}


def _literals(node: nodes.Node) -> Iterator[str]:
    """Texts in expressions that are no message, and look like something for people."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAID:
        for one in node.kwargs:
            yield from _literals(one)
        return
    if isinstance(node, nodes.Compare | nodes.Import | nodes.FromImport | nodes.Extends):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and SENTENCE.search(node.value):
        yield node.value
    for one in node.iter_child_nodes():
        yield from _literals(one)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_expression_of_a_template_holds_words_beside_the_catalogue(path: Path) -> None:
    assert set(_literals(templates.parse(path.read_text("utf-8")))) - CLASSES - NAMES == set()


MARKED = {"Words", "plural", "worded", "messages", "FieldError", "cast"}
BRANDS = {
    "Call Trace", "Call Center Rate", "Auralytik", "Firefox", "Chrome", "Safari", "Opera", "Edge", "Edg",
    "Android", "Windows", "Linux", "Mac OS",
}  # fmt: skip
KEPT = {"Yes", "No", "First call", "sample call.mp3"}
"""What becomes data at once, and is kept."""
TYPES = {"Connection"}
"""Written in quotes."""
TECHNICAL = {"headers.py", "static.py", "snippets.py", "operations.py", "charts.py"}
"""Modules that write HTTP, code, the reference of the API, and shapes."""
PARTS = re.compile(
    r"^<|^attachment; |^text/|\\d|^(Mapping|Literal)\[| \(acceptance$|^(Value error|Input should)"
)


def _python_literals(node: ast.AST) -> Iterator[str]:
    """Sentences in a module that no message is made of."""
    if _is_said(node):
        return
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(one.value) if isinstance(one, ast.Constant) else "0" for one in node.values)
        yield from [text] if SENTENCE.search(text) else []
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.search(node.value):
        yield node.value
    apart = [getattr(node, name, None) for name in ("returns", "annotation")]
    for one in ast.iter_child_nodes(node):
        is_comment = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        if not is_comment and one not in apart:
            yield from _python_literals(one)


def _is_said(node: ast.AST) -> bool:
    """Whether the catalogue has what is written there, or nobody reads it."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        return name in MARKED or name.endswith("Error")
    return isinstance(node, ast.arg) or (isinstance(node, ast.ClassDef) and node.name.endswith("Error"))


@pytest.mark.parametrize(
    "path",
    [one for one in sorted(WEB.rglob("*.py")) if one.name not in TECHNICAL],
    ids=lambda path: path.name,
)
def test_a_module_of_the_pages_says_nothing_beside_the_catalogue(path: Path) -> None:
    found = [one for one in _python_literals(ast.parse(path.read_text("utf-8"))) if not PARTS.search(one)]
    assert set(found) - BRANDS - KEPT - TYPES == set()


LITERAL = re.compile(r"""(?<!\bt\()(?<!from )("[^"\n]*"|`[^`]*`)""")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_beside_the_catalogue(path: Path) -> None:
    source = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
    source = re.sub(r"new Error\([^)]*\)", "", source)
    said = [re.sub(r"\$\{[^}]*\}", "0", one) for one in LITERAL.findall(source)]
    assert [one for one in said if re.search(r"[a-z]{2,} [a-z0]{2,}|0 [a-z]|[A-Z][a-z]+ ", one)] == []
