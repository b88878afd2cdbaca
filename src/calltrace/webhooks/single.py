"""URLs that come with an analysis: an endpoint that nobody subscribed, told of the calls that name it.

What they are sent is signed with one secret of the organisation, contract and mode, which can be read again:
whoever names a URL with each call has no moment at which a secret could be shown once.
"""

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.kit import signatures
from calltrace.kit.encryption import SecretBox
from calltrace.kit.ids import uuid7
from calltrace.webhooks import queries
from calltrace.webhooks.models import Endpoint, SigningSecret
from calltrace.webhooks.wires import wire_of


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose URLs and secret: an organisation, in one mode of a contract."""

    org_id: uuid.UUID
    contract: str
    mode: Mode


async def secret_of(session: AsyncSession, owner: Owner, box: SecretBox) -> str:
    """The signing secret, made when it is first asked for; of several at once, all get the same."""
    values = {
        "id": uuid7(), "org_id": owner.org_id, "contract": owner.contract, "mode": owner.mode,
        "sealed_secret": box.seal(signatures.new_endpoint_secret()),
    }  # fmt: skip
    if (found := await queries.signing_secret(session, owner.contract, owner.mode)) is None:
        await session.execute(insert(SigningSecret).values(values).on_conflict_do_nothing())
        found = await queries.signing_secret(session, owner.contract, owner.mode)
        assert found is not None
    return box.open(found.sealed_secret)


async def endpoint_for(session: AsyncSession, owner: Owner, url: str, box: SecretBox) -> uuid.UUID:
    """The endpoint of a URL, made when it first comes; whoever names it again takes it into use again.

    The URL was judged before.
    """
    values = {
        "id": uuid7(), "org_id": owner.org_id, "contract": owner.contract, "mode": owner.mode, "url": url,
        "events": list(wire_of(owner.contract).events), "single_of": hashlib.sha256(url.encode()).hexdigest(),
        "sealed_secret": box.seal(await secret_of(session, owner, box)),
    }  # fmt: skip
    statement = insert(Endpoint).values(values)
    in_use = {
        "disabled_at": None, "disabled_reason": None, "failing_since": None, "deleted_at": None,
        "sealed_secret": statement.excluded.sealed_secret,
    }  # fmt: skip
    made = statement.on_conflict_do_update(
        index_elements=["org_id", "contract", "mode", "single_of"], set_=in_use
    )
    return (await session.execute(made.returning(Endpoint.id))).scalar_one()
