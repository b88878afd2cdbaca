"""Scorecards and versions as everyone sees them: REST and command line alike."""

from typing import Any

from calltrace.kit import clock
from calltrace.scorecards.models import ScorecardVersion
from calltrace.scorecards.queries import Stored

Json = dict[str, Any]


def item(stored: Stored) -> Json:
    """A scorecard in a list."""
    return {
        "id": str(stored.row.id), "name": stored.row.name, "externalId": stored.row.external_id,
        "createdAt": clock.iso(stored.row.created_at), "key": stored.version.document["key"],
        "version": stored.version.version, "status": _status(stored), "draftVersion": stored.draft,
        "isDefault": stored.row.is_default,
    }  # fmt: skip


def whole(stored: Stored) -> Json:
    """A scorecard with what its version says."""
    return {**item(stored), "document": stored.version.document}


def version_item(version: ScorecardVersion) -> Json:
    """A version in a list."""
    return {
        "version": version.version, "name": version.document["name"],
        "createdAt": clock.iso(version.created_at),
        "status": "published" if version.published_at else "draft", "basedOn": version.based_on,
        "publishedAt": clock.iso(version.published_at) if version.published_at else None,
    }  # fmt: skip


def _status(stored: Stored) -> str:
    if stored.row.archived_at is not None:
        return "archived"
    return "published" if stored.version.published_at else "draft"
