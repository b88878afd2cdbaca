"""The scorecards that ship with the product, ready to be used or to be changed."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from calltrace.kit.errors import UsageError
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardError
from calltrace.scorecards.yaml import load_scorecard

DEFAULT_SCORECARD = "general_service_call"
_FILES = {
    DEFAULT_SCORECARD: "general_service_call.yaml",
    "sales": "sales.yaml",
    "collections": "collections.yaml",
    "technical_support": "technical_support.yaml",
    "appointment_desk": "appointment_desk.yaml",
}
"""By key, the default one first."""


@cache
def default_scorecard() -> Scorecard:
    """The "General service call": used when a call names no queue or the queue has no scorecard.

    Its id is derived from its key, so it is the same on every installation.
    """
    return load_scorecard(ready_text(DEFAULT_SCORECARD))


@cache
def ready_scorecards() -> Mapping[str, Scorecard]:
    """All that ship, by key."""
    return {key: load_scorecard(ready_text(key)) for key in _FILES}


def ready_text(key: str) -> str:
    """The YAML of one that ships, with its comments.

    Raises:
        UsageError: none has this key.
    """
    if key not in _FILES:
        raise UsageError(f"no scorecard that ships has the key {key!r}; there are {', '.join(_FILES)}.")
    return (files("calltrace.scorecards") / "data" / _FILES[key]).read_text("utf-8")


def named_scorecard(name: str | Path) -> Scorecard:
    """The scorecard in a file, or the one that ships under this key; a file goes first.

    Raises:
        UsageError: there is neither, or the file cannot be read.
        ScorecardError: the file is no valid scorecard; file, line and field are named.
    """
    path = Path(name)
    if str(name) in _FILES and not path.is_file():
        return ready_scorecards()[str(name)]
    try:
        return load_scorecard(path.read_bytes())
    except OSError as error:
        keys = ", ".join(_FILES)
        reason = f"{path} cannot be read: {error.strerror}"
        raise UsageError(f"{reason}. Name a YAML file, or one that ships: {keys}.") from error
    except ScorecardError as error:
        raise ScorecardError(f"{path}: {error.detail}", errors=error.errors) from error
