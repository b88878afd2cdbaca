"""The second step of signing in: a code, after a password that was right a moment ago."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta

from calltrace.accounts import queries, second_factor, sign_in, throttle
from calltrace.accounts.errors import SignInRefusedError, WrongCodeError
from calltrace.accounts.sessions import SignedIn
from calltrace.accounts.sign_in import Attempt, HalfWay
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox, SecretUnreadableError
from calltrace.kit.errors import FieldError

GOOD_FOR = timedelta(minutes=10)
_KIND = "sign-in half way"
_TOO_LATE = "That took too long. Sign in with your password once more."
_WRONG = "This code is not right, or was used already. Wait for the next one."


def ticket(box: SecretBox, half_way: HalfWay, browser: str) -> str:
    """What the form of the second step carries, sealed, and tied to the browser of the first one."""
    until = (clock.now() + GOOD_FOR).timestamp()
    facts = [_KIND, str(half_way.org_id), str(half_way.user_id), half_way.password_mark, browser, until]
    return box.seal(json.dumps(facts))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form of the second step brought: its ticket, the code, and the browser that it came from."""

    ticket: str
    code: str
    browser: str


async def finish(
    database: Database, box: SecretBox, answer: Answer, attempt: Attempt, request_id: str | None
) -> tuple[SignedIn, str]:
    """Begin the session, with its token.

    Raises:
        SignInRefusedError: the first step is too long ago, or what it rested on has changed.
        WrongCodeError: the code is not good. RateLimitedError: there were too many tries.
    """
    half_way = _opened(box, answer)
    await throttle.second_factor(database, half_way.user_id)
    async with database.tenant(half_way.org_id) as session:
        user = await queries.locked_user(session, half_way.user_id)
        gone = user is None or user.deactivated_at is not None or user.sealed_totp is None
        if user is None or gone or sign_in.password_mark(user) != half_way.password_mark:
            raise SignInRefusedError(_TOO_LATE)
        if not second_factor.take(box, user, answer.code):
            raise WrongCodeError(_WRONG, errors=[FieldError("/code", _WRONG)])
        begun = await sign_in.begin(session, user, attempt.visitor, request_id)
    await sign_in.leave_previous(database, attempt, request_id)
    return begun


def _opened(box: SecretBox, answer: Answer) -> HalfWay:
    try:
        kind, org_id, user_id, mark, tied_to, until = json.loads(box.open(answer.ticket))
    except (SecretUnreadableError, ValueError) as error:
        raise SignInRefusedError(_TOO_LATE) from error
    if (kind, tied_to) != (_KIND, answer.browser) or until < clock.now().timestamp():
        raise SignInRefusedError(_TOO_LATE)
    return HalfWay(uuid.UUID(org_id), uuid.UUID(user_id), mark)
