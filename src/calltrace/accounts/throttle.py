"""How often passwords may be tried: per person and place, and per place."""

from ipaddress import IPv6Address, ip_address, ip_network

from calltrace.accounts import limits
from calltrace.db.session import Database
from calltrace.kit.words import Words, messages

WINDOW_SECONDS = 600
PER_PERSON = 10
"""Tries of one address with one e-mail address in a window: enough for bad typing, not for a list."""
PER_PLACE = 100
"""Tries of one address in a window, whoever it tries to be: an office shares one."""
PER_RECIPIENT = 5
"""Messages with a link that one address is sent in HOUR, whoever asks for them."""
HOUR = 3600
_V6_PREFIX = 64
_TOO_MANY = messages({
    "to sign in": "There were too many tries to sign in. Try again in %(minutes)s min.",
    "with this password": "There were too many tries with this password. Try again in %(minutes)s min.",
    "of this code": "There were too many tries of this code. Try again in %(minutes)s min.",
    "to open such a link": "There were too many tries to open such a link. Try again in %(minutes)s min.",
    "to get a link": "There were too many tries to get a link. Try again in %(minutes)s min.",
})  # fmt: skip


async def sign_in_attempt(database: Database, email: str, peer: str | None) -> None:
    """Count a try to sign in, before anything is looked up: right or wrong, known or unknown.

    Nobody can lock a person out from elsewhere: the person is counted together with the place.

    Raises:
        RateLimitedError: there were too many.
    """
    where = place(peer)
    for limit, parts in ((PER_PLACE, (where,)), (PER_PERSON, (where, email.lower()))):
        await _take(database, limit, ("sign-in", *parts), "to sign in")


async def sign_on_attempt(database: Database, peer: str | None) -> None:
    """Count that somebody sets out for the provider of single sign-on, or comes back.

    Raises:
        RateLimitedError: there were too many from there.
    """
    await _take(database, PER_PLACE, ("sign-on", place(peer)), "to sign in")


async def password_check(database: Database, user_id: object) -> None:
    """Count a try of somebody who is signed in to give the own password.

    Raises:
        RateLimitedError: there were too many.
    """
    await _take(database, PER_PERSON, ("password", user_id), "with this password")


async def second_factor(database: Database, user_id: object) -> None:
    """Count a try of a code of the second factor.

    Raises:
        RateLimitedError: there were too many.
    """
    await _take(database, PER_PERSON, ("second-factor", user_id), "of this code")


async def code_attempt(database: Database, peer: str | None) -> None:
    """Count that a code of a link is presented, good or not.

    Raises:
        RateLimitedError: there were too many from there.
    """
    await _take(database, PER_PLACE, ("code", place(peer)), "to open such a link")


async def link_request(database: Database, peer: str | None) -> None:
    """Count that somebody who is not signed in asks for a link, for whichever address.

    Raises:
        RateLimitedError: there were too many from there.
    """
    await _take(database, PER_PERSON, ("link", place(peer)), "to get a link")


async def may_send_link(database: Database, email: str) -> bool:
    """Count a message with a link to one address, and answer whether it may still get it.

    Nobody who asks may be told: the answer would say that there is such a person.
    """
    counted = limits.subject("link-to", email.lower())
    return (await limits.take(database, counted, PER_RECIPIENT, HOUR)).allowed


async def _take(database: Database, limit: int, parts: tuple[object, ...], what: str) -> None:
    left = await limits.take(database, limits.subject(*parts), limit, WINDOW_SECONDS)
    minutes = -(-left.reset // 60)
    left.require(Words(_TOO_MANY[what], minutes=minutes))


def place(peer: str | None) -> str:
    """What counts as one place: an IPv4 address, or the /64 that an IPv6 customer is given whole."""
    if peer is None:
        return "nowhere"
    address = ip_address(peer)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), _V6_PREFIX), strict=False))
    return str(address)
