"""What deliveries are compared with: httpx2, posting a body as often as asked."""

import asyncio
import ssl
import time

import httpx2

from calltrace.bench.report import BenchFailedError
from calltrace.bench.rounds import Lap

_ANSWER_SECONDS = 30.0


async def post_all(
    url: str, body: bytes, tls: ssl.SSLContext, count: int, *, parallel: int, keep: bool = True
) -> Lap:
    """Post ``body`` ``count`` times, ``parallel`` at a time.

    Args:
        url: where to.
        body: what.
        tls: who is trusted.
        count: how often.
        parallel: how many at a time.
        keep: use connections again, as the client does by itself; else each post connects anew.

    Raises:
        BenchFailedError: an answer was not 2xx, or none came.
    """
    numbers = iter(range(count))
    headers = {"Content-Type": "application/json"} | ({} if keep else {"Connection": "close"})
    limits = httpx2.Limits(max_connections=parallel, max_keepalive_connections=parallel)

    async def lane(client: httpx2.AsyncClient) -> None:
        for _ in numbers:
            (await client.post(url, content=body, headers=headers)).raise_for_status()

    started = time.perf_counter()
    try:
        async with httpx2.AsyncClient(
            verify=tls, limits=limits, timeout=_ANSWER_SECONDS, trust_env=False
        ) as client:
            await asyncio.gather(*(lane(client) for _ in range(min(parallel, count))))
            return Lap(count, time.perf_counter() - started)
    except httpx2.HTTPError as error:
        raise BenchFailedError(f"The bare client failed: {type(error).__name__}") from error
