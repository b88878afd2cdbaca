"""Idempotency keys: a request that is repeated is not done twice (acceptance CV-050, CV-051)."""

import hashlib
from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from calltrace.accounts import answers
from calltrace.accounts.answers import Asked, Given
from calltrace.accounts.errors import AnswerReusedError
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.door import REPLAYED
from calltrace.dialects.callcov.errors import refused_field
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform

HEADER = "Idempotency-Key"
_LONGEST = 255
_PLACE = ("header", HEADER)
_OUR_FAULT = 500
Work = Callable[[], Awaitable[Response]]
Known = Callable[[str | None], Awaitable[Response]]


async def once(
    request: Request, platform: Platform, caller: Caller, fingerprint: str, work: Work
) -> Response:
    """The same as ``once_known``, for what is done in the transaction that it is answered from."""

    async def known(_name: str | None) -> Response:
        return await work()

    return await once_known(request, platform, caller, fingerprint, known)


async def once_known(
    request: Request, platform: Platform, caller: Caller, fingerprint: str, work: Known
) -> Response:
    """Do the work, or answer what it was answered before. Only what went well is remembered.

    Args:
        request: has the key, or none.
        platform: remembers.
        caller: keys of two organisations or modes do not meet; nor is anybody answered what another was.
        fingerprint: of what the request says (``intake.fingerprint``).
        work: answers. What it does it writes down under the name that it is given, if any: whoever repeats
            a request of which nobody knows what came is given the same name.

    Raises:
        InvalidError: the key is none, or came with another request. RateLimitedError: it is worked on.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return await work(None)
    if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        told = f"Value error, 1 to {_LONGEST} printable ASCII characters"
        raise refused_field(_PLACE, "value_error", told, key)
    path = request.scope["path"].removeprefix(request.scope.get("root_path", "")).rstrip("/")
    told = hashlib.sha256(f"{caller.subject} {fingerprint}".encode()).hexdigest()
    asked = Asked(caller.org_id, caller.mode, f"{request.method} {path}", key, told)
    return await _answered(platform, asked, work)


async def _answered(platform: Platform, asked: Asked, work: Known) -> Response:
    database, box = platform.database, platform.box
    try:
        taken = await answers.take(database, box, asked)
    except AnswerReusedError as error:
        raise refused_field(_PLACE, error.code, error.detail, asked.key) from error
    if isinstance(taken, Given):
        replayed = {REPLAYED: "true"}
        return Response(taken.body, taken.status, media_type="application/json", headers=replayed)
    try:
        answer = await work(f"callcov {taken.id}")
    except BaseException as error:
        refused = isinstance(error, CallTraceError) and error.status < _OUR_FAULT
        await (answers.free if refused else answers.let_go)(database, asked, taken)
        raise
    await answers.keep(database, box, asked, taken, Given(answer.status_code, bytes(answer.body).decode()))
    return answer
