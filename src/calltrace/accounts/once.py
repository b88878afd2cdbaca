"""Things that happen once: a form that shows a secret must not do its work again when it is sent again."""

from datetime import datetime

from sqlalchemy import text

from calltrace.db.session import Database

_FIRST = text("""
    INSERT INTO rate_counters (subject, window_end, count) VALUES (:subject, :until, 1)
    ON CONFLICT (subject, window_end) DO NOTHING RETURNING 1
""")


async def first(database: Database, counted: str, until: datetime) -> bool:
    """Whether this is the first time; of several at once, one is.

    Args:
        database: where it is remembered; in a transaction of its own.
        counted: what happens, made by ``limits.subject``.
        until: when it may be forgotten. The same for all tries, so a fact of the thing itself.
    """
    async with database.nobody() as session:
        return await session.scalar(_FIRST, {"subject": counted, "until": until}) is not None
