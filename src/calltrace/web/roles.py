"""What each role may do, in words."""

from collections.abc import Mapping

from calltrace.accounts.models import UserRole
from calltrace.kit.words import worded

ROLES: Mapping[UserRole, str] = worded(
    {
        "owner": "Everything, owners and the state of the system included.",
        "admin": "People, teams, integrations, settings, scorecards and all calls; no owners.",
        "supervisor": "Sees, reviews and decides on the calls of the teams that they lead.",
        "reviewer": "Sees, reviews and decides on all calls.",
        "agent": "Sees the own calls, acknowledges results and appeals them.",
    }
)
