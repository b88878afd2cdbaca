"""What an organisation sets for reviews."""

import uuid
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.catalog.service import refused
from calltrace.kit.words import Words
from calltrace.reviews.models import ReviewSettings
from calltrace.reviews.who import Who

DEFAULTS: dict[str, Any] = {"appeal_days": 7, "least_agreement": 0.4, "least_decisions": 30}
_BOUNDS: dict[str, tuple[float, float]] = {
    "appeal_days": (0, 365), "least_agreement": (-1, 1), "least_decisions": (2, 200),
}  # fmt: skip


async def read(session: AsyncSession, org_id: uuid.UUID) -> ReviewSettings:
    """What holds; the defaults where nothing was set."""
    found = await session.get(ReviewSettings, org_id)
    return found or ReviewSettings(org_id=org_id, **DEFAULTS)


async def change(session: AsyncSession, admin: Who, values: Mapping[str, Any]) -> ReviewSettings:
    """Set some of ``appeal_days``, ``least_agreement`` (``None``: never demote) and ``least_decisions``.

    Raises:
        ForbiddenError: for owners and admins. InvalidRequestError: naming the field.
    """
    admin.require_administrator()
    # of two who set something first, the later one changes what the other wrote
    await session.execute(
        insert(ReviewSettings).values(org_id=admin.org_id, **DEFAULTS).on_conflict_do_nothing()
    )
    row = await session.get_one(ReviewSettings, admin.org_id, with_for_update=True, populate_existing=True)
    for name, value in values.items():
        low, high = _BOUNDS[name]
        if not (value is None and name == "least_agreement") and (value is None or not low <= value <= high):
            words = Words("A number from %(low)s to %(high)s.", low=f"{low:g}", high=f"{high:g}")
            raise refused(to_camel(name), f"is from {low:g} to {high:g}", words)
        setattr(row, name, value)
    await session.flush()
    facts = {to_camel(name): value for name, value in values.items()}
    await record(session, admin.org_id, admin.actor, Deed("review_settings.updated", admin.org_id, facts))
    return row
