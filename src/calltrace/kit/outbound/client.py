"""The guarded client: GET with judged redirects for downloads, POST without redirects for webhooks."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx2

from calltrace.kit.outbound.addresses import IPAddress, effective, judge_endpoint
from calltrace.kit.outbound.errors import (
    SourceRejectedError,
    UnknownHostError,
    UnreadableAnswerError,
    UrlBlockedError,
    UrlUnreachableError,
)
from calltrace.kit.outbound.exchange import Exchange
from calltrace.kit.outbound.policy import OutboundPolicy
from calltrace.kit.outbound.resolver import Resolver, SystemResolver
from calltrace.kit.outbound.urls import ParsedTarget, follow, judge_url
from calltrace.kit.outbound.wire import Deadline
from calltrace.kit.trust import trusting
from calltrace.kit.words import Words

_REDIRECTS = {301, 302, 303, 307, 308}
_OURS = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding", "cookie"}
_PASSING = {408, 425, 429}  # 4xx that say "later", not "no"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook receiver said; ``body`` is cut at the limit and never decoded."""

    status: int
    headers: httpx2.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """The final answer to a GET, its body still to come."""

    status: int
    headers: httpx2.Headers
    final_url: str
    _exchange: Exchange

    def body(self, max_bytes: int) -> AsyncGenerator[bytes]:
        """The body in pieces; see ``Exchange.content`` for the errors."""
        return self._exchange.content(max_bytes)

    def require_success(self) -> None:
        """Raise unless the status is 2xx.

        Raises:
            SourceRejectedError: 4xx, which will stay so.
            UrlUnreachableError: anything else, which may pass.
        """
        if 200 <= self.status < 300:  # noqa: PLR2004 - the class of success, as every HTTP text writes it
            return
        if 400 <= self.status < 500 and self.status not in _PASSING:  # noqa: PLR2004 - the same
            raise SourceRejectedError(Words("The source answered %(status)s", status=self.status))
        raise UrlUnreachableError(Words("The source answered %(status)s", status=self.status))


class OutboundClient:
    """One per process and event loop; holds no connections, so a name's judgement is never outlived.

    Proxies, ``.netrc`` and cookies do not exist here.

    Args:
        policy: what is reachable.
        resolver: how names are looked up; the system's way if not given.
        user_agent: how we introduce ourselves.
    """

    def __init__(
        self, policy: OutboundPolicy, resolver: Resolver | None = None, user_agent: str = "CallTrace"
    ) -> None:
        self._policy = policy
        self._resolver = resolver or SystemResolver()
        self._user_agent = user_agent
        self._ssl_context = trusting(policy.ca_file)

    @asynccontextmanager
    async def stream_get(
        self, url: str, *, headers: Mapping[str, str] | None = None, deadline: float, max_redirects: int = 5
    ) -> AsyncGenerator[OutboundResponse]:
        """GET ``url``; redirects are followed, each judged from scratch.

        Args:
            url: where from.
            headers: extra ones; they go to the first origin only, not to where it redirects.
            deadline: seconds for everything until the context is left: look-ups, redirects, body.
            max_redirects: how many hops beyond the first.

        Raises:
            UrlNotHttpsError, UrlBlockedError, UrlUnreachableError, FileTooLargeError.
        """
        async with AsyncExitStack() as stack:
            first = judge_url(url, self._policy)
            yield await self._follow(stack, first, headers or {}, Deadline(deadline), max_redirects)

    async def _follow(
        self,
        stack: AsyncExitStack,
        target: ParsedTarget,
        extra: Mapping[str, str],
        deadline: Deadline,
        hops: int,
    ) -> OutboundResponse:
        exchange = await stack.enter_async_context(await self._exchange(target, deadline))
        await exchange.send("GET", self._headers(target, extra))
        location = exchange.headers.get("location")
        if exchange.status not in _REDIRECTS or location is None:
            return OutboundResponse(exchange.status, exchange.headers, target.url, exchange)
        await stack.aclose()
        if not hops:
            raise UnreadableAnswerError("There are too many redirects")
        following = follow(target, location, self._policy)
        extra = extra if following.authority == target.authority else {}
        return await self._follow(stack, following, extra, deadline, hops - 1)

    async def check(self, url: str, *, deadline: float = 5.0) -> None:
        """Judge ``url`` and every address of its name, connecting to nothing.

        A name that is not known or cannot be looked up in time is let pass: only a download shows that
        for certain.

        Raises:
            UrlNotHttpsError, UrlBlockedError: it may not be fetched, ever.
        """
        target = judge_url(url, self._policy)
        with contextlib.suppress(UrlUnreachableError):
            await self._addresses(target, Deadline(deadline))

    async def post(
        self,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: float,  # noqa: ASYNC109 - one attempt in all, however many steps it has
        answer_limit: int = 65536,
    ) -> Answer:
        """POST ``content``; a redirect is an answer like any other.

        Args:
            url: where to.
            content: the body, sent as it is.
            headers: content type, signature and the like.
            timeout: seconds for the whole exchange.
            answer_limit: bytes of the answer to keep; the connection is closed after them.

        Raises:
            UrlNotHttpsError, UrlBlockedError, UrlUnreachableError: there was no complete answer.
        """
        target = judge_url(url, self._policy)
        async with await self._exchange(target, Deadline(timeout)) as exchange:
            length = {"content-length": str(len(content))}
            await exchange.send("POST", self._headers(target, headers) | length, content)
            exchange.allow(answer_limit)
            body = await _beginning(exchange.raw(), answer_limit)
            return Answer(exchange.status, exchange.headers, body)

    async def _exchange(self, target: ParsedTarget, deadline: Deadline) -> Exchange:
        addresses = await self._addresses(target, deadline)
        return Exchange(target, addresses, self._ssl_context, deadline)

    async def _addresses(self, target: ParsedTarget, deadline: Deadline) -> Sequence[IPAddress]:
        """All addresses of the target, every one of them judged: one bad answer refuses all."""
        if target.address is not None:
            return [effective(target.address)]
        try:
            async with asyncio.timeout(deadline.remaining()):
                found = await self._resolver.resolve(target.host)
        except TimeoutError as error:
            raise UrlUnreachableError("The host name could not be looked up in time") from error
        if not found:
            raise UnknownHostError("The host name has no address")
        if not all(judge_endpoint(address, target.port, self._policy) for address in found):
            raise UrlBlockedError("The URL leads to an address or a port that is not allowed")
        return [effective(address) for address in found]

    def _headers(self, target: ParsedTarget, extra: Mapping[str, str]) -> dict[str, str]:
        ours = {
            "host": target.authority,
            "user-agent": self._user_agent,
            "accept": "*/*",
            "accept-encoding": "identity",
            "connection": "close",
        }
        return ours | {name.lower(): value for name, value in extra.items() if name.lower() not in _OURS}


async def _beginning(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) >= limit:
            break
    return bytes(body[:limit])
