"""People as everyone sees them: REST and command line alike."""

from typing import Any

from calltrace.accounts.models import User
from calltrace.kit import clock


def user_as_json(user: User) -> dict[str, Any]:
    """A person as JSON values; nothing of the password or the second factor but that there is one."""
    return {
        "id": str(user.id), "email": user.email, "name": user.name, "role": user.role, "state": user.state,
        "agentId": str(user.agent_id) if user.agent_id else None,
        "secondFactor": user.sealed_totp is not None,
        "lastSeenAt": clock.iso(user.last_seen_at) if user.last_seen_at else None,
        "createdAt": clock.iso(user.created_at),
        "deactivatedAt": clock.iso(user.deactivated_at) if user.deactivated_at else None,
    }  # fmt: skip
