"""Steps of building a scorecard, on the document as it is stored; whether it is valid then is asked later."""

from copy import deepcopy
from typing import Literal

from calltrace.db.base import Json
from calltrace.kit.errors import NotFoundError


def place_of(document: Json, key: str) -> tuple[int, int]:
    """Section and place of a criterion, counted from 0.

    Raises:
        NotFoundError: there is none with this key.
    """
    for i, section in enumerate(document["sections"]):
        for j, one in enumerate(section["criteria"]):
            if one["key"] == key:
                return i, j
    raise NotFoundError("There is no criterion with this key.")


def put(document: Json, key: str | None, criterion: Json, section: str, weight: object = None) -> Json:
    """A criterion added, or written over the one with ``key``, in the section of this name.

    A section that there is none of begins at the end; one that is left without criteria goes.
    One that somebody removed meanwhile is added again.
    """
    made = deepcopy(document)
    named = [one["name"] for one in made["sections"]]
    where = _find(made, key)
    if where is not None and named[where[0]] == section:
        made["sections"][where[0]]["criteria"][where[1]] = criterion
        return made
    if where is not None:
        del made["sections"][where[0]]["criteria"][where[1]]
    if section in named:
        made["sections"][named.index(section)]["criteria"].append(criterion)
    else:
        made["sections"].append({"name": section, "weight": weight, "criteria": [criterion]})
    return _without_empty(made)


def removed(document: Json, key: str) -> Json:
    """Without a criterion; a section that is left without any goes, too.

    Raises:
        NotFoundError: there is none with this key.
    """
    made = deepcopy(document)
    i, j = place_of(made, key)
    del made["sections"][i]["criteria"][j]
    return _without_empty(made)


def moved(document: Json, key: str, way: Literal["up", "down"]) -> Json:
    """A criterion one place up or down, over the edge of its section into the next one.

    Raises:
        NotFoundError: there is none with this key.
    """
    made = deepcopy(document)
    i, j = place_of(made, key)
    sections = made["sections"]
    one = sections[i]["criteria"].pop(j)
    step = -1 if way == "up" else 1
    if 0 <= j + step <= len(sections[i]["criteria"]):
        sections[i]["criteria"].insert(j + step, one)
    elif 0 <= i + step < len(sections):
        sections[i + step]["criteria"].insert(0 if step > 0 else len(sections[i + step]["criteria"]), one)
    else:
        sections[i]["criteria"].insert(j, one)
    return _without_empty(made)


def section_moved(document: Json, number: int, way: Literal["up", "down"]) -> Json:
    """A section one place up or down; at the edge it stays.

    Raises:
        NotFoundError: there is no section with this number, counted from 0.
    """
    made = deepcopy(document)
    sections = made["sections"]
    _check_section(document, number)
    one = sections.pop(number)
    sections.insert(max(0, number + (-1 if way == "up" else 1)), one)
    return made


def section_removed(document: Json, number: int) -> Json:
    """Without a section and all its criteria.

    Raises:
        NotFoundError: there is no section with this number, counted from 0.
    """
    made = deepcopy(document)
    _check_section(document, number)
    del made["sections"][number]
    return made


def _find(document: Json, key: str | None) -> tuple[int, int] | None:
    try:
        return None if key is None else place_of(document, key)
    except NotFoundError:
        return None


def _check_section(document: Json, number: int) -> None:
    if not 0 <= number < len(document["sections"]):
        raise NotFoundError("There is no section with this number.")


def _without_empty(document: Json) -> Json:
    document["sections"] = [one for one in document["sections"] if one["criteria"]]
    return document
