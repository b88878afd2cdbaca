"""Which promise of the schema a write would have broken."""

from typing import Any, cast

from sqlalchemy.exc import IntegrityError


def broken_constraint(error: IntegrityError) -> str | None:
    """The name of the constraint or unique index that refused a row, as PostgreSQL tells it."""
    cause = cast("Any", error.orig).__cause__  # asyncpg's error, below SQLAlchemy's translation of it
    return getattr(cause, "constraint_name", None)
