"""What differs between two versions of a scorecard, in words: lines that went and lines that came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from calltrace.db.base import Json
from calltrace.kit.words import Words, joined, worded
from calltrace.scorecards.diff import difference
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.web.languages import language
from calltrace.web.scorecard_words import lines, names_of

Change = Literal["gone", "new", "same"]
_FIELDS = worded({
    "name": "Name", "description": "Description", "languages": "Languages", "passMark": "Pass mark",
    "reviewThreshold": "Review below (certainty)", "criticalThreshold": "Critical from (certainty)",
    "key": "Key", "weight": "Weight", "place": "Place",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that changed: its name, what became of it, and the lines that tell."""

    name: str
    what: Literal["added", "removed", "changed"]
    lines: Sequence[tuple[Change, str]]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions compared."""

    whole: Sequence[tuple[Change, str]]
    sections: Sequence[Block]
    criteria: Sequence[Block]

    @property
    def nothing(self) -> bool:
        """Whether both say the same."""
        return not (self.whole or self.sections or self.criteria)


def compared(before: Json, after: Json) -> Compared:
    """Two stored documents compared, for reading."""
    found = difference(before, after)
    old, new = Scorecard.model_validate(before), Scorecard.model_validate(after)
    return Compared(
        _fields(found["scorecard"]),
        _sections(found["sections"]),
        _criteria(found["criteria"], old, new),
    )


def _fields(found: Sequence[Json]) -> list[tuple[Change, str]]:
    told: list[tuple[Change, str]] = []
    for one in found:
        label = _FIELDS.get(one["field"], str(one["field"]))
        sides: tuple[tuple[Change, Any], ...] = (("gone", one["before"]), ("new", one["after"]))
        for what, value in sides:
            if value not in (None, "", []):
                told.append((what, joined(": ", (label, _value(value)))))
    return told


def _value(value: Any) -> str:
    if isinstance(value, list):
        return joined(", ", (language(str(one)) for one in value))  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType] - JSON
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sections(found: Json) -> list[Block]:
    return [
        *(Block(one["name"], "removed", ()) for one in found["removed"]),
        *(Block(one["name"], "added", ()) for one in found["added"]),
        *(Block(one["name"], "changed", _fields(one["fields"])) for one in found["changed"]),
    ]


def _criteria(found: Json, old: Scorecard, new: Scorecard) -> list[Block]:
    was, is_ = _by_key(old), _by_key(new)
    old_names, new_names = names_of(old), names_of(new)
    blocks = list[Block]()
    for one in found["removed"]:
        gone = lines(was[one["key"]], old_names)
        blocks.append(Block(one["name"], "removed", [("gone", text) for text in gone], one["key"]))
    for one in found["added"]:
        came = lines(is_[one["key"]], new_names)
        blocks.append(Block(one["name"], "added", [("new", text) for text in came], one["key"]))
    for one in found["changed"]:
        key = one["key"]
        moved = [field for field in one["fields"] if field["field"] in ("section", "place")]
        told = _lines(lines(was[key], old_names), lines(is_[key], new_names))
        told = [*_moves(moved), *told] or [
            ("new", Words("Something that is not shown in words; the YAML has it."))
        ]
        blocks.append(Block(one["name"], "changed", told, key))
    return blocks


def _by_key(scorecard: Scorecard) -> Mapping[str, Criterion]:
    return {one.key: one for one in scorecard.criteria}


def _moves(fields: Sequence[Json]) -> list[tuple[Change, str]]:
    told: list[tuple[Change, str]] = []
    for one in fields:
        label = Words("Section") if one["field"] == "section" else Words("Place")
        told.append(("gone", joined(": ", (label, str(one["before"])))))
        told.append(("new", joined(": ", (label, str(one["after"])))))
    return told


def _lines(before: list[str], after: list[str]) -> list[tuple[Change, str]]:
    """Only what differs, each line that came beside those that went."""
    told: list[tuple[Change, str]] = []
    for what, i, j, k, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what != "equal":
            told.extend(("gone", text) for text in before[i:j])
            told.extend(("new", text) for text in after[k:m])
    return told
