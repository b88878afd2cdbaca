"""Where things stand in a YAML file, so that every refusal can say line, column and field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from calltrace.kit.errors import FieldError
from calltrace.kit.faults import plain
from calltrace.kit.words import Words
from calltrace.scorecards.errors import MisplacedError, ScorecardError

Path = tuple[str, ...]
_MAX_DEPTH = 20
_NUMBERS = Words("this has to be text: numbers that are meant as text need quotes")
_QUOTES: Mapping[str | None, str] = {
    "bool": Words("this has to be text: yes, no, true and false that are meant as text need quotes"),
    "int": _NUMBERS,
    "float": _NUMBERS,
    "timestamp": Words("this has to be text: dates that are meant as text need quotes"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, counted from 1."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: Any) -> "Place":
        """The place of a mark of the YAML library, which counts from 0; the begin without one."""
        return cls(mark.line + 1, mark.column + 1) if mark else cls(1, 1)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def refused(place: Place, path: Path, message: str) -> ScorecardError:
    """One fault at one place."""
    return _refusal([(place, path, message)])


def _refusal(problems: Sequence[tuple[Place, Path, str]]) -> ScorecardError:
    place, path, message = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    where = f"{place}" + (f", {'.'.join(path)}" if path else "")
    fields = [_placed(*one) for one in problems]
    words = Words(
        "Line %(line)s, column %(column)s: %(fault)s",
        line=place.line,
        column=place.column,
        fault=Words.of(message),
    )
    return ScorecardError(words.where_programs_read(f"{where}: {message}{more}"), errors=fields)


def _placed(place: Place, path: Path, text: str) -> FieldError:
    """Programs read where it is; pages show the line itself."""
    return FieldError("/" + "/".join(path), Words.of(text).where_programs_read(f"{place}: {text}"))


class Map:
    """The places of all nodes of a document.

    Raises:
        ScorecardError: what YAML lets pass and a scorecard does not: keys given twice, deep nests, characters
            that cannot be stored.
    """

    def __init__(self, root: yaml.Node) -> None:
        self._places: dict[Path, Place] = {}
        self._scalars: dict[Path, str] = {}
        self._note(root, ())

    def _note(self, node: yaml.Node, path: Path) -> None:
        place = Place.of(node.start_mark)
        self._places[path] = place
        if len(path) > _MAX_DEPTH:
            raise refused(place, path[:3], Words("nested too deeply"))
        if isinstance(node, yaml.ScalarNode):
            _refuse_unstorable(node.value, place, path)
            self._scalars[path] = node.tag.rpartition(":")[2]
        for name, key, value in _children(node):
            child = (*path, name)
            if child in self._places:
                raise refused(Place.of(key.start_mark), child, Words("%(name)s is given twice", name=name))
            _refuse_unstorable(name, Place.of(key.start_mark), path)
            self._note(value, child)
            self._places[child] = Place.of(key.start_mark)

    def refusal(self, error: ValidationError) -> ScorecardError:
        """Every fault that the document's rules find, each with its place."""
        # A misspelt field is also a missing one: the name that was written helps more.
        details = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        problems = [self._problem(one) for one in details if one["type"] != "default_factory_not_called"]
        return _refusal(list(dict.fromkeys(problems)))

    def _problem(self, problem: Mapping[str, Any]) -> tuple[Place, Path, str]:
        place, path = self._place(_location(problem))
        return place, path, self._message(problem, path)

    def _place(self, loc: Sequence[int | str]) -> tuple[Place, Path]:
        """The deepest place of ``loc`` that stands in the file; pydantic also names the union's branch."""
        path: Path = ()
        for part in loc:
            if (*path, str(part)) in self._places:
                path = (*path, str(part))
        return self._places[path], path

    def _message(self, problem: Mapping[str, Any], path: Path) -> str:
        last = problem["loc"][-1] if problem["loc"] else ""
        match problem["type"]:
            case "missing":
                return Words("%(field)s is missing", field=last)
            case "extra_forbidden":
                return Words("%(field)s is no field of this", field=last)
            case "union_tag_invalid":
                kinds = problem["ctx"]["expected_tags"]
                return Words(
                    "%(kind)s is no kind: it is one of %(kinds)s", kind=problem["ctx"]["tag"], kinds=kinds
                )
            case "union_tag_not_found":
                return Words("%(field)s is missing", field="kind")
            case "string_type" if self._scalars.get(path) in _QUOTES:
                return _QUOTES[self._scalars[path]]
            case _:
                return plain(problem)


def _children(node: yaml.Node) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Name, the node that names it and the value of each child."""
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), key, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from ((str(index), value, value) for index, value in enumerate(node.value))


def _location(problem: Mapping[str, Any]) -> Sequence[int | str]:
    """Where pydantic saw the fault, or what an error about the whole document says of its place."""
    reason = problem.get("ctx", {}).get("error")
    if isinstance(reason, MisplacedError):
        return reason.at.strip("/").split("/")
    return (*problem["loc"], "kind") if problem["type"] == "union_tag_invalid" else problem["loc"]


def _refuse_unstorable(text: str, place: Place, path: Path) -> None:
    """YAML can spell what no UTF-8 database can hold: NUL and halves of characters."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise refused(place, path, Words("holds a character that cannot be stored"))
