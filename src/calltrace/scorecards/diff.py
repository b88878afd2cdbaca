"""What differs between two versions of a scorecard, as data."""

from collections.abc import Iterator
from typing import Any, cast

from calltrace.db.base import Json

_PINS = {"id", "version", "sections"}
_MISSING = object()


def difference(before: Json, after: Json) -> Json:
    """Two stored documents compared: criteria by their keys, sections by their names.

    Answers ``{"scorecard": [field…], "sections": {…}, "criteria": {"added", "removed", "changed"}}``; a field
    is ``{"field", "before", "after"}``, what is missing on one side is null there. The section that a
    criterion stands in, and its place when the order changed, count as fields of it.
    """
    return {
        "scorecard": _fields(_without(before, _PINS), _without(after, _PINS)),
        "sections": _named(_sections(before), _sections(after), "name"),
        "criteria": _named(_criteria(before), _criteria(after), "key"),
    }


def _sections(document: Json) -> dict[str, Json]:
    return {one["name"]: _without(one, {"criteria"}) for one in document["sections"]}


def _criteria(document: Json) -> dict[str, Json]:
    return {
        one["key"]: {"section": section["name"], **one}
        for section in document["sections"]
        for one in section["criteria"]
    }


def _named(before: dict[str, Json], after: dict[str, Json], by: str) -> Json:
    both = [name for name in after if name in before]
    moved = set(both) if both != [name for name in before if name in after] else set[str]()
    changed = list[Json]()
    for name in both:
        fields = _fields(before[name], after[name])
        if name in moved and (places := _places(name, before, after)):
            fields.append(places)
        if fields:
            changed.append({by: name, "name": after[name]["name"], "fields": fields})
    return {
        "added": [_shown(after[name], by) for name in after if name not in before],
        "removed": [_shown(before[name], by) for name in before if name not in after],
        "changed": changed,
    }


def _places(name: str, before: dict[str, Json], after: dict[str, Json]) -> Json | None:
    old, new = (
        [one for one in side if one in other].index(name) + 1
        for side, other in ((before, after), (after, before))
    )
    return None if old == new else {"field": "place", "before": old, "after": new}


def _shown(one: Json, by: str) -> Json:
    return {by: one[by], "name": one["name"]}


def _fields(before: Json, after: Json) -> list[Json]:
    """What differs, by the path of its field: objects are walked, lists compared as a whole."""
    old, new = dict(_flat(before)), dict(_flat(after))
    paths = [*new, *(path for path in old if path not in new)]
    return [
        {"field": path, "before": old.get(path), "after": new.get(path)}
        for path in paths
        if old.get(path, _MISSING) != new.get(path, _MISSING)
    ]


def _flat(value: Json, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        if isinstance(one, dict) and one:
            yield from _flat(cast("Json", one), f"{path}{name}.")
        else:
            yield f"{path}{name}", one


def _without(value: Json, names: set[str]) -> Json:
    return {name: one for name, one in value.items() if name not in names}
