"""What people change of themselves."""

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.names import checked_name
from calltrace.accounts.sessions import SignedIn


async def rename(session: AsyncSession, who: SignedIn, name: str, actor: Actor) -> None:
    """Give oneself another name, or none. The same again is no deed.

    Raises:
        InvalidRequestError: it will not do.
    """
    wanted = checked_name(name)
    user = await queries.locked_user(session, who.user_id)
    if user is not None and user.name != wanted:
        user.name = wanted
        await audit.record(session, who.org_id, actor, Deed("user.renamed", user.id))
