"""All tables of the platform, imported once, for migrations and for tests that walk them."""

from importlib import import_module

from sqlalchemy import MetaData

from calltrace.db.base import Base

FEATURES = (
    *("mail", "accounts", "payments", "scorecards", "catalog", "recordings", "analyses", "webhooks"),
    "conversations",
    *("batches", "reviews", "insights", "alerts", "pipeline"),
)


def all_tables() -> MetaData:
    """The metadata of every feature. Loaded by name: this room knows no feature at import time."""
    for feature in FEATURES:
        import_module(f"calltrace.{feature}.models")
    return Base.metadata


def ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Whether a table is for our migrations; the queue engine looks after its own."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))
