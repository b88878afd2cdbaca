"""How saved views look: their columns, their address, and what they narrow down to in words."""

from collections.abc import Mapping
from urllib.parse import urlencode

from calltrace.analyses.models import SavedView
from calltrace.kit.words import Words, messages, worded
from calltrace.web.call_filters import Chosen
from calltrace.web.names import NAMES

COLUMNS: Mapping[str, str] = worded({
    "when": "When it came in", "called": "When it took place", "agent": "Agent", "queue": "Queue",
    "project": "Project", "language": "Language", "duration": "Duration", "status": "Status",
    "score": "Score",
})  # fmt: skip
"""What the list can show beside the call's name, in this order."""
USUAL = ("when", "agent", "project", "duration", "status", "score")
"""What it shows unasked, the project where there are any; the queue stands under the agent then."""
ALL = "all"
"""The name of no view, for whoever begins with one and wants to see all calls."""
_MESSAGES: Mapping[str, str] = messages({
    "mode": "mode %(value)s", "status": "status %(value)s", "language": "language %(value)s",
    "scoreFrom": "score from %(value)s", "scoreTo": "score to %(value)s", "from": "from %(value)s",
    "to": "to %(value)s", "named": "named %(value)s", "text": "found %(value)s",
    "calledFrom": "took place from %(value)s",
    "calledTo": "took place until %(value)s", "passed": "passed %(value)s",
    "mood": "customer sounded %(value)s", "escalated": "escalated %(value)s",
    "agent": "one agent", "queue": "one queue", "center": "one call center", "project": "one project",
    "engagement": "one engagement", "criterion": "one criterion not met",
})  # fmt: skip
"""Of the filters; an id says nothing to people."""


def address(view: SavedView) -> str:
    """The list as the view shows it: with its filters, which can be changed there like any others."""
    return f"/calls?{urlencode({**view.fields, 'view': str(view.id)})}"


def words(narrowed: SavedView | Chosen) -> list[str]:
    """What is left out, for reading."""
    return [
        Words(_MESSAGES[name], value=NAMES.get(value, value))
        for name, value in narrowed.fields.items()
        if value and name in _MESSAGES
    ]
