"""Whether an installation is in order: one question each, for ``calltrace doctor`` and the page of owners."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from calltrace.db.migrate import current_revision, head_revision
from calltrace.db.session import make_engine
from calltrace.evaluation.model.server import chosen_model, load_model
from calltrace.evaluation.model.talk import check_model
from calltrace.kit.errors import CallTraceError, ConfigurationError
from calltrace.kit.words import Words
from calltrace.mail.transport import transport
from calltrace.pipeline.context import Platform
from calltrace.speech.engines.catalogue import check_engine, chosen
from calltrace.speech.voices.model import weights_file

CLOCK_TOLERANCE_SECONDS = 5.0
_SEALED = """
    SELECT sealed_secret FROM webhook_endpoints WHERE deleted_at IS NULL
    UNION ALL
    SELECT jsonb_array_elements(previous_secrets) ->> 'sealed' FROM webhook_endpoints
    UNION ALL
    SELECT sealed_totp FROM users WHERE sealed_totp IS NOT NULL
    LIMIT 200
"""
Check = Callable[[Platform], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check; ``result`` is ``ok`` or ``failed``."""

    check: str
    result: str
    detail: str

    @property
    def ok(self) -> bool:
        """Whether it is in order."""
        return self.result == "ok"


async def examine(platform: Platform) -> list[Finding]:
    """Ask everything, one after the other: some write to the store or call other servers."""
    return [await _one(name, check, platform) for name, check in CHECKS.items()]


async def _one(name: str, check: Check, platform: Platform) -> Finding:
    try:
        return Finding(name, "ok", await check(platform))
    except CallTraceError as error:
        return Finding(name, "failed", error.detail)
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever he finds
        return Finding(name, "failed", f"{type(error).__name__}: {error}")


async def _database(platform: Platform) -> str:
    async with platform.database.operator() as session:
        version = await session.scalar(text("SHOW server_version"))
    return Words("PostgreSQL %(version)s answers", version=version)


async def _schema(platform: Platform) -> str:
    engine = make_engine(platform.database.dsn, None, pool_size=1)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(current_revision)
    finally:
        await engine.dispose()
    if found != head_revision():
        raise ConfigurationError(
            Words(
                "The schema is at %(found)s, not %(head)s: run `calltrace migrate`.",
                found=found,
                head=head_revision(),
            )
        )
    return Words("revision %(found)s", found=found)


async def _storage(platform: Platform) -> str:
    await platform.store.check()
    return Words("an object was written, read and deleted")


async def _models(platform: Platform) -> str:
    settings = platform.settings
    found = await asyncio.to_thread(check_engine, chosen(settings))
    voices = (
        Words("voices in mono calls are told apart")
        if weights_file()
        else Words("no voice model: mono calls stay unknown")
    )
    return f"{found}; {voices}"


async def _language_model(platform: Platform) -> str:
    server = load_model(chosen_model(platform.settings))
    return await check_model(server) if server else Words("none: calls are evaluated offline")


async def _keys(platform: Platform) -> str:
    """The secret key must open what was sealed; a lost key is found out here and not at a delivery."""
    async with platform.database.operator() as session:
        sealed = (await session.scalars(text(_SEALED))).all()
    for one in sealed:
        platform.box.open(str(one))
    return Words("SECRET_KEY opens %(count)s stored secrets", count=len(sealed))


async def _mail(platform: Platform) -> str:
    return await transport(platform.settings).check()


async def _clock(platform: Platform) -> str:
    before = time.time()
    async with platform.database.operator() as session:
        theirs: datetime | None = await session.scalar(text("SELECT clock_timestamp()"))
    assert theirs is not None
    apart = abs(theirs.astimezone(UTC).timestamp() - (before + time.time()) / 2)
    if apart > CLOCK_TOLERANCE_SECONDS:
        raise ConfigurationError(f"This machine's clock and the database's are {apart:.1f} s apart.")
    return Words("within %(apart)s s of the database", apart=f"{apart:.2f}")


CHECKS: Mapping[str, Check] = {
    "database": _database, "schema": _schema, "storage": _storage, "models": _models,
    "language model": _language_model, "keys": _keys, "mail": _mail, "clock": _clock,
}  # fmt: skip
