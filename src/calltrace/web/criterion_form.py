"""One criterion as a form: names of fields are the paths of the document, ``check.cues.0.patterns``.

What was typed becomes a document just as it stands, numbers that are none included: the document's own
rules say what is wrong with it, and the form is shown again from the same document, so that nothing is lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from calltrace.db.base import Json
from calltrace.kit.digits import whole_number
from calltrace.kit.faults import plain
from calltrace.kit.words import Sentence, Words
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import MisplacedError
from calltrace.web.forms import Form, Mistakes

LINES = frozenset({"patterns", "examples", "counterExamples", "phrases"})
MANY = frozenset({"acts", "notActs", "kinds", "verdict"})
SWITCHES = frozenset({"bonus", "disclosure", "partial", "absence"})
ROWS = frozenset({"cues", "steps", "answers"})
_CHOICES = frozenset({"by", "when"})
"""Fields that always have a value: they alone say nothing."""
_ROOTS = frozenset({
    "key", "name", "points", "critical", "bonus", "disclosure", "threshold", "languages", "onlyIf",
    "appliesWhen", "check", "advice",
})  # fmt: skip
_DEEPEST = 6
_CRITICAL: Mapping[str, bool | str] = {"": False, "true": True, "section": "section"}

BLANKS: Mapping[str, Json] = {
    "said": {"cues": [{"by": "agent"}]},
    "not_said": {"cue": {"by": "agent"}},
    "sequence": {"steps": [{"by": "agent"}, {"by": "agent"}]},
    "verification": {
        "ask": {"by": "agent", "acts": ["ask_identifier"]},
        "answer": {"by": "customer", "acts": ["give_identifier"]},
        "detail": {"by": "agent", "acts": ["give_account_detail"]},
    },
    "hold": {
        "minSeconds": 15, "ask": {"by": "agent", "acts": ["hold_request"]},
        "bare": {"by": "agent", "acts": ["hold_bare"]}, "back": {"by": "agent", "acts": ["hold_return"]},
    },
    "measure": {"metric": "silence_share"},
    "question": {"answers": [{"text": "Yes", "verdict": "met"}, {"text": "No", "verdict": "not_met"}]},
    "sensitive_data": {"kinds": ["payment_card", "cvv"], "onlyBy": "nobody"},
    "sentiment_change": {"expect": "not_worse"},
}  # fmt: skip
"""What a new criterion of a kind begins with."""


def typed(form: Form) -> Json:
    """The criterion that a form says, as a document that may be wrong."""
    tree: Json = {}
    for name in form.values:
        path = name.split(".")
        if path[0] in _ROOTS and len(path) <= _DEEPEST:
            _plant(tree, path, _value(form, name, path[-1]))
    found: Json = _tidy(tree) or {}
    found["critical"] = _CRITICAL.get(form.text("critical"), form.text("critical"))
    condition: Json = found.get("onlyIf") or {}
    if not condition.get("criterion"):
        found.pop("onlyIf", None)
    elif len(condition.get("verdict", ())) == 1:
        condition["verdict"] = condition["verdict"][0]  # as files spell it
    return found


def _value(form: Form, name: str, leaf: str) -> Any:
    if leaf in LINES:
        return [line.strip() for line in form.exact(name).splitlines() if line.strip()]
    if leaf in MANY and not name.startswith("check.answers."):
        return list(form.every(name))
    if leaf == "languages":
        return [code.lower() for code in form.lines(name)]
    return bool(form.text(name)) if leaf in SWITCHES else form.text(name)


def _plant(tree: Json, path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):  # a field that no form of ours has
            return
        tree = cast("Json", below)
    tree[path[-1]] = value


def _tidy(value: Any) -> Any:
    """Without what was left empty: fields, groups of fields, rows."""
    if not isinstance(value, dict):
        return value if value not in ("", [], None) else None
    kept = {name: found for name, one in cast("Json", value).items() if (found := _tidy(one)) is not None}
    if not kept.keys() - _CHOICES:
        return None
    places = {name: place for name in kept if (place := whole_number(name)) is not None}
    if len(places) == len(kept):
        return [kept[name] for name in sorted(kept, key=places.__getitem__)]
    return kept


def without(document: Json, path: str) -> Json:
    """Without one row of a list, named as the button beside it: ``check.cues.1``."""
    _root, _, rest = path.partition(".")
    name, _, number = rest.partition(".")
    place = whole_number(number)
    rows = document.get("check", {}).get(name)
    if name in ROWS and isinstance(rows, list) and place is not None and place < len(cast("Any", rows)):
        del rows[place]
    return document


def at(document: Any, path: str) -> Any:
    """What stands at a path of a document that may be wrong; an empty text where nothing does."""
    found: Any = document
    for part in path.split("."):
        if isinstance(found, dict):
            found = cast("Json", found).get(part)
        elif isinstance(found, list) and (place := whole_number(part)) is not None:
            found = next(iter(cast("list[Any]", found)[place:]), None)
        else:
            return ""
    return "" if found is None else found


def checked(document: Json, place: tuple[int, int] | None) -> tuple[Scorecard | None, Mistakes]:
    """The scorecard that a document is, or its mistakes.

    Args:
        document: what may be one.
        place: section and place of the criterion whose form it is; none: the form of the settings.
    """
    try:
        return Scorecard.model_validate(document), Mistakes()
    except ValidationError as error:
        return None, _mistakes(error, document, place)


def _mistakes(error: ValidationError, document: Json, place: tuple[int, int] | None) -> Mistakes:
    prefix = ["sections", str(place[0]), "criteria", str(place[1])] if place else []
    summary, fields = list[tuple[str, str]](), dict[str, str]()
    for one in error.errors():
        path, detail = _path(one), _detail(one)
        mine = path[: len(prefix)] == prefix and (place is not None or "criteria" not in path)
        name = _field(path[len(prefix) :]) if mine else ""
        told = (name, detail if mine else _elsewhere(document, path, detail))
        if told not in summary:
            summary.append(told)
        if name:
            fields.setdefault(name, detail)
    return Mistakes(summary, fields)


def _path(problem: Mapping[str, Any]) -> list[str]:
    """Where a fault is: pydantic says it, or the rule of the whole document that is broken."""
    reason = problem.get("ctx", {}).get("error")
    if isinstance(reason, MisplacedError):
        return [to_camel(part) for part in reason.at.strip("/").split("/")]
    return [str(part) for part in problem["loc"]]


def _elsewhere(document: Json, path: Sequence[str], detail: str) -> str:
    """A fault that is not on this form, with its place by the name that people know."""
    depth = 4 if "criteria" in path else 2
    name = at(document, f"{'.'.join(path[:depth])}.name") if path[:1] == ["sections"] else ""
    if name:
        return Words("“%(name)s”: %(fault)s", name=name, fault=detail)
    return Words("%(place)s: %(fault)s", place=".".join(path), fault=detail) if path else detail


def _field(path: Iterable[str]) -> str:
    """The field, or the group of fields, that a path of pydantic's is about: it also names the kind."""
    parts = list(path)
    if parts[:1] == ["check"] and len(parts) > 1:
        del parts[1]
    known = list[str]()
    for part in parts:
        known.append(part)
        if part in LINES | MANY | {"languages", "critical"}:
            break
    return ".".join(known)


_PATTERNS = {
    "key": Words("Small letters, digits and _, and a letter first."),
    "languages": Words("Two small letters for each language, such as en de."),
}


def _detail(problem: Mapping[str, Any]) -> str:
    """What is wrong, for people who never heard of strings and floats."""
    if problem["type"] == "string_pattern_mismatch":
        known = next((_PATTERNS[str(one)] for one in problem["loc"] if one in _PATTERNS), None)
        if known:
            return known
    return Sentence(plain(problem))
