"""An alert rule as a form: conditions are numbered, ``c.0.kind``, and those of a group ``c.0.1.kind``.

What was typed becomes a document just as it stands: the document's own rules say what is wrong with it, and
the form is shown again from the same document, so that nothing is lost.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from calltrace.alerts.document import MOST_CONDITIONS
from calltrace.alerts.models import AlertRule
from calltrace.alerts.rules import SCOPES
from calltrace.db.base import Json
from calltrace.kit.digits import whole_number
from calltrace.kit.errors import CallTraceError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words, worded
from calltrace.web.forms import Form, Mistakes
from calltrace.web.judging import wrong

KINDS: Mapping[str, str] = worded({
    "score": "Score", "criterion": "Criterion", "keyword": "Words", "sentiment": "Sentiment",
    "duration": "Duration", "silence": "Silence", "escalation": "Escalation",
    "sensitive_data": "Sensitive data", "group": "Group",
})  # fmt: skip
WITHIN: Mapping[str, str] = worded({
    "score": "score", "criterion": "criterion", "keyword": "words", "sentiment": "sentiment",
    "duration": "duration", "silence": "silence", "escalation": "escalation",
    "sensitive_data": "sensitive data", "group": "group",
})  # fmt: skip
"""The same within a sentence."""
BLANKS: Mapping[str, Json] = {
    "score": {"operator": "under", "value": 60},
    "criterion": {"key": "", "verdicts": ["not_met"]},
    "keyword": {"words": [], "match": "stem", "speaker": "anyone"},
    "sentiment": {"speaker": "customer", "moods": ["negative"]},
    "duration": {"operator": "over", "value": 600},
    "silence": {"measure": "longest", "value": 30},
    "escalation": {},
    "sensitive_data": {"kinds": []},
    "group": {"match": "any", "conditions": []},
}
"""What a new condition of a kind begins with."""
FIELDS = ("name", *(field for field, _ in SCOPES.values()), "emails", "conditions")
_MANY = frozenset({"verdicts", "moods", "kinds"})
_NUMBERS = frozenset({"value"})
_OUTER, _INNER = 3, 4
"""Parts of a field's name in a condition, and in one of a group."""


def typed(form: Form) -> Json:
    """The conditions that a form says, as a document that may be wrong."""
    rows: dict[int, Json] = {}
    inner: dict[int, dict[int, Json]] = {}
    for name in form.values:
        parts = name.split(".")
        places = parts[1:-1]
        if parts[0] != "c" or not all(_is_place(one) for one in places):
            continue
        if len(parts) == _OUTER:
            rows.setdefault(int(places[0]), {})[parts[-1]] = _value(form, name, parts[-1])
        elif len(parts) == _INNER:
            below = inner.setdefault(int(places[0]), {})
            below.setdefault(int(places[1]), {})[parts[-1]] = _value(form, name, parts[-1])
    known = [number for number in sorted(rows) if _known(rows[number])]
    conditions = [_row(rows[number], inner.get(number, {})) for number in known]
    return {"match": form.text("match") or "all", "conditions": conditions}


def _is_place(text: str) -> bool:
    place = whole_number(text)
    return place is not None and place <= MOST_CONDITIONS


def _row(row: Json, below: Mapping[int, Json]) -> Json:
    if row.get("kind") != "group":
        return _complete(row)
    inner = [_complete(below[number]) for number in sorted(below) if _known(below[number])]
    return _complete(row) | {"conditions": inner}


def _known(row: Json) -> bool:
    return row.get("kind") in BLANKS


def _complete(row: Json) -> Json:
    """Check boxes that are all empty send nothing: then the choice is empty, not missing."""
    blank: Json = {name: [] if isinstance(value, list) else "" for name, value in BLANKS[row["kind"]].items()}
    return blank | row


def _value(form: Form, name: str, leaf: str) -> Any:
    if leaf in _MANY:
        return list(form.every(name))
    if leaf == "words":
        return [line.strip() for line in form.exact(name).splitlines() if line.strip()]
    if leaf in _NUMBERS:
        return form.text(name).replace(",", ".")
    return form.text(name)


def step(conditions: Json, asked: str) -> Json:
    """The conditions after a button: ``add:score``, ``add:1:score`` within a group, ``drop:1.0``."""
    verb, _, rest = asked.partition(":")
    place, _, kind = rest.rpartition(":")
    rows: list[Json] = conditions["conditions"]
    if verb == "add" and kind in BLANKS:
        target = _group(rows, place) if place else rows
        if target is not None and len(target) < MOST_CONDITIONS and not (place and kind == "group"):
            target.append({"kind": kind, **BLANKS[kind]})
    elif verb == "drop":
        outer, _, below = rest.partition(".")
        target = _group(rows, outer) if below else rows
        number = whole_number(below or outer)
        if target is not None and number is not None and number < len(target):
            del target[number]
    return conditions


def _group(rows: list[Json], place: str) -> list[Json] | None:
    number = whole_number(place)
    row = rows[number] if number is not None and number < len(rows) else {}
    return row.get("conditions") if row.get("kind") == "group" else None


def values(form: Form) -> dict[str, Any]:
    """What the form says, for the service.

    Raises:
        InvalidRequestError: naming a menu in which something was chosen that it does not offer.
    """
    return {
        "name": form.text("name"), "conditions": typed(form), "emails": list(form.every("emails")),
        "enabled": bool(form.text("enabled")), **scope(form),
    }  # fmt: skip


def scope(form: Form) -> dict[str, uuid.UUID | None]:
    """What calls the rule is for.

    Raises:
        InvalidRequestError: something is chosen that is no id.
    """
    found: dict[str, uuid.UUID | None] = {}
    for name, (field, _model) in SCOPES.items():
        chosen = form.text(field)
        found[name] = as_uuid(chosen)
        if chosen and found[name] is None:
            raise wrong(field, Words("Choose one of these."))
    return found


def of_rule(row: AlertRule) -> tuple[Form, Json]:
    """A stored rule as its form shows it."""
    chosen = {field: [str(getattr(row, name) or "")] for name, (field, _model) in SCOPES.items()}
    filled = {"name": [row.name], "emails": row.emails, "enabled": ["yes"] if row.enabled else [], **chosen}
    return Form(filled), row.conditions


def mistakes(error: CallTraceError) -> Mistakes:
    """What is wrong with the form, by its fields; of conditions, by their places."""
    summary: list[tuple[str, str]] = []
    fields: dict[str, str] = {}
    for one in error.errors:
        parts = one.pointer.strip("/").split("/")
        places = [part for part in parts[1:] if part != "conditions"]
        name = ".".join(["c", *places]) if parts[0] == "conditions" and places else parts[0]
        summary.append((name, one.detail))
        fields.setdefault(name, one.detail)
    return Mistakes(tuple(summary) or (("", error.detail),), fields)
