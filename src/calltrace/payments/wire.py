"""Stripe's library over our own HTTP client: its certificates, its limits, and nothing about this machine.

The library's clients believe its own bundle of certificates, take proxies from the environment and tell the
host's name in ``X-Stripe-Client-User-Agent``. This one sends what a call needs, follows no redirect, and
gives up in time. What may pass is tried again by the library, with one idempotency key for all tries.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import stripe

from calltrace import __version__
from calltrace.kit.trust import trusting

TRIES = 3
_SECONDS = 10.0
_CONNECT_SECONDS = 5.0
_MOST_BYTES = 4 * 1024 * 1024
_TELLS_OF_US = frozenset({"x-stripe-client-user-agent", "x-stripe-client-telemetry", "user-agent"})


class Wire(stripe.HTTPClient):
    """Connections to Stripe, made when the first call is.

    Args:
        ca_file: certificates to trust besides the system's.
        seconds: for one try of a call, from connecting to the last byte.
    """

    name = "httpx2"

    def __init__(self, ca_file: Path | None, seconds: float = _SECONDS) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType] - a parameter without a type
        timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
        self._client = httpx2.AsyncClient(
            timeout=timeout, follow_redirects=False, verify=trusting(ca_file), trust_env=False
        )
        self._seconds = seconds

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One try of a call: the answer's body, status and headers.

        Raises:
            stripe.APIConnectionError: there was none, in time.
        """
        sent = {name: value for name, value in headers.items() if name.lower() not in _TELLS_OF_US}
        sent["User-Agent"] = f"CallTrace/{__version__}"
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, url, headers=sent, content=post_data) as answer,
            ):
                return await _body(answer), answer.status_code, answer.headers
        except (TimeoutError, httpx2.TransportError, httpx2.DecodingError) as error:
            raise stripe.APIConnectionError(type(error).__name__, should_retry=True) from error

    async def sleep_async(self, secs: float) -> None:
        """Between two tries."""
        await asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


async def _body(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise stripe.APIConnectionError("The answer is too long.", should_retry=False)
    return bytes(body)
