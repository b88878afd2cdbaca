"""How saved views look: their columns, their address, and what they narrow down to in words."""

from collections.abc import Mapping
from urllib.parse import urlencode

from calltrace.analyses.models import SavedView
from calltrace.web.call_filters import Chosen

COLUMNS: Mapping[str, str] = {
    "when": "When it came in", "called": "When it took place", "agent": "Agent", "queue": "Queue",
    "project": "Project", "language": "Language", "duration": "Duration", "status": "Status",
    "score": "Score",
}  # fmt: skip
"""What the list can show beside the call's name, in this order."""
USUAL = ("when", "agent", "project", "duration", "status", "score")
"""What it shows unasked, the project where there are any; the queue stands under the agent then."""
ALL = "all"
"""The name of no view, for whoever begins with one and wants to see all calls."""
_WORDS: Mapping[str, str] = {
    "mode": "mode", "status": "status", "agent": "one agent", "queue": "one queue", "language": "language",
    "scoreFrom": "score from", "scoreTo": "score to", "from": "from", "to": "to", "named": "named",
    "text": "found",
    "calledFrom": "took place from", "calledTo": "took place until", "passed": "passed",
    "center": "one call center", "project": "one project", "engagement": "one engagement",
    "criterion": "one criterion not met", "mood": "customer sounded", "escalated": "escalated",
}  # fmt: skip
_UNSAID = frozenset({"agent", "queue", "center", "project", "engagement", "criterion"})
"""Whose values are ids."""


def address(view: SavedView) -> str:
    """The list as the view shows it: with its filters, which can be changed there like any others."""
    return f"/calls?{urlencode({**view.fields, 'view': str(view.id)})}"


def words(narrowed: SavedView | Chosen) -> list[str]:
    """What is left out, for reading."""
    fields = narrowed.fields
    return [
        _WORDS[name] if name in _UNSAID else f"{_WORDS[name]} {value}"
        for name, value in fields.items()
        if value and name in _WORDS
    ]
