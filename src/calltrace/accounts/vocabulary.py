"""Names of products and people that an organisation expects to hear, for the recogniser to know."""

import unicodedata
import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Organisation
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError

MOST_TERMS = 200
LONGEST_TERM = 80


async def change(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, terms: Sequence[str]
) -> Organisation:
    """Give the organisation another list; the same one again is no deed.

    Raises:
        InvalidRequestError: naming the entry that is wrong.
    """
    wanted = checked(terms)
    organisation = await queries.locked_organisation(session, org_id)
    if organisation is None:
        raise NotFoundError("There is no such organisation.")
    if wanted != organisation.vocabulary:
        organisation.vocabulary = wanted
        facts = {"fields": ["vocabulary"], "terms": len(wanted)}
        await record(session, org_id, actor, Deed("organisation.updated", org_id, facts))
    return organisation


def checked(terms: Sequence[str]) -> list[str]:
    """The list, if each entry is a word or a few that a person could say, and none comes twice.

    Raises:
        InvalidRequestError: naming the entry that is wrong.
    """
    if len(terms) > MOST_TERMS:
        raise _refused(None, f"has at most {MOST_TERMS} entries")
    seen: set[str] = set()
    for index, term in enumerate(terms):
        if not 0 < len(term) <= LONGEST_TERM or term != " ".join(term.split()):
            raise _refused(index, f"has 1 to {LONGEST_TERM} characters and only single spaces within")
        if not any(one.isalnum() for one in term) or any(_is_control(one) for one in term):
            raise _refused(index, "has letters or digits, and no control characters")
        if term in seen:
            raise _refused(index, "comes twice")
        seen.add(term)
    return list(terms)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def _refused(index: int | None, reason: str) -> InvalidRequestError:
    name, place = ("the list", "") if index is None else (f"entry {index + 1}", f"/{index}")
    detail = f"{name} {reason}."
    return InvalidRequestError(f"vocabulary: {detail}", errors=[FieldError(f"/vocabulary{place}", detail)])
