"""Scorecards as YAML files. Files come from people: every refusal says where and why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from calltrace.kit.errors import FieldError
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardError

MAX_BYTES = 262_144
_MAX_DEPTH = 20


def load_scorecard(text: str | bytes) -> Scorecard:
    """The scorecard that ``text`` (YAML, UTF-8) describes.

    Raises:
        ScorecardError: too big, no YAML, uses anchors, or breaks the document's rules.
    """
    root = _parse(_decoded(text))
    lines: dict[tuple[str, ...], int] = {}
    _note_lines(root, (), lines)
    try:
        return Scorecard.model_validate(_constructed(root))
    except ValidationError as error:
        raise _refusal(error, lines) from None


def dump_scorecard(scorecard: Scorecard) -> str:
    """``scorecard`` as YAML that ``load_scorecard`` reads back to an equal document."""
    value = scorecard.model_dump(mode="json", by_alias=False, exclude_defaults=True)
    return yaml.safe_dump(_ordered(value, scorecard), sort_keys=False, allow_unicode=True, width=110)


def _ordered(value: dict[str, Any], scorecard: Scorecard) -> dict[str, Any]:
    """The id is a default, but an edited one must survive a round trip."""
    return {"key": value.pop("key"), "id": str(scorecard.id), **value}


def _decoded(text: str | bytes) -> str:
    size = len(text if isinstance(text, bytes) else text.encode())
    if size > MAX_BYTES:
        raise ScorecardError(f"a scorecard is at most {MAX_BYTES} bytes of YAML; this one has {size}")
    try:
        return text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise ScorecardError("a scorecard is a UTF-8 text file") from None


def _parse(text: str) -> yaml.MappingNode:
    _refuse_aliases(text)
    root = _guarded(lambda: _loader(text).get_single_node())
    if not isinstance(root, yaml.MappingNode):
        raise ScorecardError("line 1: a scorecard is a mapping with key, name and sections")
    return root


def _refuse_aliases(text: str) -> None:
    """Aliases are how a small file becomes a huge one; scorecards never need them."""
    loader = _loader(text)
    while _guarded(loader.check_event):
        event = _guarded(loader.get_event)
        if isinstance(event, yaml.AliasEvent):
            raise ScorecardError(f"line {event.start_mark.line + 1}: anchors and aliases are not allowed")


def _loader(text: str) -> Any:
    """A safe loader over ``text``; ``Any`` because the library has no types."""
    return _guarded(lambda: yaml.SafeLoader(text))


def _guarded(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScorecardError(f"line {line}: {error.problem or 'not YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ScorecardError("this is not YAML that a scorecard can be read from") from None


def _constructed(root: yaml.MappingNode) -> Any:
    loader = _loader("")
    return _guarded(lambda: loader.construct_document(root))


def _note_lines(node: yaml.Node, path: tuple[str, ...], lines: dict[tuple[str, ...], int]) -> None:
    """Write down the line of every node, and refuse what YAML lets pass: keys given twice, deep nests."""
    line = node.start_mark.line + 1
    lines[path] = line
    if len(path) > _MAX_DEPTH:
        raise ScorecardError(f"line {line}: nested too deeply")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _refuse_unstorable(str(key.value), line)
            child = (*path, str(key.value))
            if child in lines:
                raise ScorecardError(f"line {key.start_mark.line + 1}: {key.value} is given twice")
            _note_lines(value, child, lines)
            lines[child] = key.start_mark.line + 1
    elif isinstance(node, yaml.ScalarNode):
        _refuse_unstorable(node.value, line)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, str(index)), lines)


def _refuse_unstorable(text: str, line: int) -> None:
    """YAML can spell what no UTF-8 database can hold: NUL and halves of characters."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ScorecardError(f"line {line}: holds a character that cannot be stored")


def _refusal(error: ValidationError, lines: dict[tuple[str, ...], int]) -> ScorecardError:
    # A misspelt field is also a missing one: the name that was written helps more.
    details = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    problems = [(*_place(problem["loc"], lines), _message(problem)) for problem in details]
    line, path, message = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    where = f"line {line}" + (f", {'.'.join(path)}" if path else "")
    fields = [FieldError("/" + "/".join(path), f"line {line}: {text}") for line, path, text in problems]
    return ScorecardError(f"{where}: {message}{more}", errors=fields)


def _message(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "missing":
        return f"{problem['loc'][-1]} is missing"
    if problem["type"] == "extra_forbidden":
        return f"{problem['loc'][-1]} is no field of this"
    return str(problem["msg"]).removeprefix("Value error, ")


def _place(loc: Sequence[int | str], lines: dict[tuple[str, ...], int]) -> tuple[int, tuple[str, ...]]:
    """The deepest place of ``loc`` that stands in the file; pydantic also names the union's branch."""
    path: tuple[str, ...] = ()
    for part in loc:
        if (*path, str(part)) in lines:
            path = (*path, str(part))
    return lines.get(path, 1), path
