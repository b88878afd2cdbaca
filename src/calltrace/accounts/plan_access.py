"""What contracts sell with a plan only (acceptance CR-001, CR-030)."""

import uuid
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries
from calltrace.accounts.errors import PlanRequiredError
from calltrace.accounts.models import Organisation

PAID_API: Mapping[str, frozenset[str]] = {"callcenterrate": frozenset({"pro", "business", "self_hosted"})}
PAID_WEBHOOKS: Mapping[str, frozenset[str]] = {"callcenterrate": frozenset({"business", "self_hosted"})}
"""By contract, the plans with an API, and with webhooks; other contracts have them with every plan."""


async def require_api(session: AsyncSession, org_id: uuid.UUID, contract: str) -> Organisation:
    """Refuse a call that the plan does not include; answers whose it is.

    Raises:
        PlanRequiredError: so it is.
    """
    organisation = await queries.organisation(session, org_id)
    plans = PAID_API.get(contract)
    if organisation is None or (plans is not None and organisation.plan not in plans):
        raise PlanRequiredError("API access requires the PRO or BUSINESS plan.")
    return organisation


async def require_webhooks(session: AsyncSession, org_id: uuid.UUID, contract: str) -> None:
    """Refuse a subscription that the plan does not include.

    Raises:
        PlanRequiredError: so it is.
    """
    if not await has_webhooks(session, org_id, contract):
        raise PlanRequiredError("Webhooks require the BUSINESS plan.")


async def has_webhooks(session: AsyncSession, org_id: uuid.UUID, contract: str) -> bool:
    """Whether the organisation is told anything by webhooks of a contract."""
    return await _includes(session, org_id, PAID_WEBHOOKS.get(contract))


async def _includes(session: AsyncSession, org_id: uuid.UUID, plans: frozenset[str] | None) -> bool:
    if plans is None:
        return True
    organisation = await queries.organisation(session, org_id)
    return organisation is not None and organisation.plan in plans
