"""Scorecards as YAML files. Files come from people: every refusal says where and why."""

from collections.abc import Callable
from typing import Any

import yaml
from pydantic import ValidationError

from calltrace.kit.words import Words
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardError
from calltrace.scorecards.places import Map, Place, refused

MAX_BYTES = 262_144


def load_scorecard(text: str | bytes) -> Scorecard:
    """The scorecard that ``text`` (YAML, UTF-8) describes.

    Raises:
        ScorecardError: too big, no YAML, uses anchors, or breaks the document's rules; every fault is
            told with line, column and field.
    """
    root = _parse(_decoded(text))
    places = Map(root)
    try:
        return Scorecard.model_validate(_constructed(root))
    except ValidationError as error:
        raise places.refusal(error) from None


def dump_scorecard(scorecard: Scorecard) -> str:
    """``scorecard`` as YAML that ``load_scorecard`` reads back to an equal document."""
    value = scorecard.model_dump(mode="json", by_alias=False, exclude_defaults=True)
    return yaml.safe_dump(_ordered(value, scorecard), sort_keys=False, allow_unicode=True, width=110)


def _ordered(value: dict[str, Any], scorecard: Scorecard) -> dict[str, Any]:
    """The id is a default, but an edited one must survive a round trip."""
    return {"key": value.pop("key"), "id": str(scorecard.id), **value}


def _decoded(text: str | bytes) -> str:
    size = len(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise ScorecardError(
            Words(
                "a scorecard is at most %(max_bytes)s bytes of YAML; this one has %(size)s",
                max_bytes=MAX_BYTES,
                size=size,
            )
        )
    try:
        return text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        place = _place(error.object[: error.start].decode(), error.start)
        raise refused(place, (), Words("a scorecard is a UTF-8 text file")) from None


def _place(text: str, at: int) -> Place:
    before = text[:at]
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _parse(text: str) -> yaml.MappingNode:
    wrong = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if wrong is not None:
        raise refused(_place(text, wrong.start()), (), Words("YAML does not allow this character"))
    _refuse_aliases(text)
    root = _guarded(lambda: _loader(text).get_single_node())
    if not isinstance(root, yaml.MappingNode):
        raise refused(Place(1, 1), (), Words("a scorecard is a mapping with key, name and sections"))
    return root


def _refuse_aliases(text: str) -> None:
    """Aliases are how a small file becomes a huge one; scorecards never need them."""
    loader = _loader(text)
    while _guarded(loader.check_event):
        event = _guarded(loader.get_event)
        if isinstance(event, yaml.AliasEvent):
            raise refused(Place.of(event.start_mark), (), Words("anchors and aliases are not allowed"))


def _loader(text: str) -> Any:
    """A safe loader over ``text``; ``Any`` because the library has no types."""
    return _guarded(lambda: yaml.SafeLoader(text))


def _guarded(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except yaml.MarkedYAMLError as error:
        raise refused(Place.of(error.problem_mark), (), _no_yaml(error)) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ScorecardError("this is not YAML that a scorecard can be read from") from None


def _no_yaml(error: yaml.MarkedYAMLError) -> Words:
    """What the library says, which speaks English."""
    problem = error.problem or "not YAML"
    return Words("this is no YAML: %(problem)s", problem=problem).where_programs_read(problem)


def _constructed(root: yaml.MappingNode) -> Any:
    loader = _loader("")
    _refuse_broken_scalars(root, loader)
    return _guarded(lambda: loader.construct_document(root))


def _refuse_broken_scalars(node: yaml.Node, loader: Any) -> None:
    """A date that does not exist, a number of a thousand digits: the library tells no place."""
    if isinstance(node, yaml.ScalarNode):
        try:
            loader.construct_object(node)
        except (ValueError, LookupError, AttributeError):  # what the library's own readers of a type raise
            kind = node.tag.rpartition(":")[2]
            place = Place.of(node.start_mark)
            raise refused(
                place, (), Words("this reads like a value of type %(kind)s, and is none", kind=kind)
            ) from None
        except yaml.MarkedYAMLError as error:
            raise refused(Place.of(error.problem_mark), (), _no_yaml(error)) from None
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _refuse_broken_scalars(key, loader)
            _refuse_broken_scalars(value, loader)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_broken_scalars(value, loader)
