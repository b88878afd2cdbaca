"""Moments in tables, set and read by the database's clock."""

from sqlalchemy import text

from calltrace.db.session import Database


async def execute(database: Database, statement: str, **values: object) -> None:
    """One statement over all organisations."""
    async with database.operator() as session:
        await session.execute(text(statement), values)


async def seconds_ahead(database: Database, moment: str, **values: object) -> float:
    """How far a moment, which is an SQL expression, lies ahead of now; negative: how long ago it was."""
    async with database.operator() as session:
        query = text(f"SELECT extract(epoch FROM {moment} - clock_timestamp())::float")
        return (await session.execute(query, values)).scalar_one()
