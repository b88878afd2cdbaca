"""The delivery part: webhooks a second from one worker, beside a bare client with the same bodies.

The worker is ``calltrace work`` and does all that it does: claim, read, sign, judge the address, post,
record. The receiver is a process of its own on loopback, with TLS, and the same for everybody.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import trustme

from calltrace.bench import receiver as receiver_process
from calltrace.bench.bare_client import post_all
from calltrace.bench.children import Running, free_port, running
from calltrace.bench.installation import Installation, installation
from calltrace.bench.outgoing import Outgoing
from calltrace.bench.report import RATIO, Report, Say, Value
from calltrace.bench.rounds import Lap, compared, in_turns, rate
from calltrace.db.session import Database
from calltrace.webhooks.lanes import PROMPT

TITLES = {
    "sender": "sender", "deliveries": "deliveries", "perSecond": "per second", "ratio": "ratio",
    "ratioLow": "lowest", "ratioHigh": "highest",
}  # fmt: skip
OURS = "calltrace work"
KEPT, FRESH = "bare httpx2, connections kept", "bare httpx2, a connection each"
_WARM_UP = 8


def measure(say: Say, *, pg_bin: Path | None = None, deliveries: int = 300, rounds: int = 3) -> Report:
    """Measure ``deliveries`` webhooks from each sender.

    Raises:
        BenchFailedError: a process did not start, or a delivery did not arrive.
    """
    with installation(say, pg_bin) as place, ExitStack() as stack:
        url, authority = _receiver(place, stack)
        environment = {**place.environment, "CALLTRACE_OUTBOUND_CA_FILE": str(authority)}
        worker = stack.enter_context(running("calltrace", ["work"], environment, place.folder))
        say(f"delivery: {deliveries} webhooks each, in {rounds} turns")
        laps, size = asyncio.run(_measure(place, worker, (url, authority), deliveries, rounds))
    facts: dict[str, Value] = {"parallel": PROMPT.each, "bodyBytes": size}
    return Report(part="delivery", titles=TITLES, rows=_rows(laps), facts=facts, notes=_notes(size))


def _receiver(place: Installation, stack: ExitStack) -> tuple[str, Path]:
    """Its URL, and the authority that vouches for it."""
    authority, certificate = place.folder / "ca.pem", place.folder / "receiver.pem"
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(authority))
    issuer.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    certificate.chmod(0o600)
    port = free_port()
    arguments = [str(port), str(certificate)]
    stack.enter_context(running(receiver_process.__name__, arguments, {}, place.folder, port))
    return f"https://localhost:{port}/webhook", authority


async def _measure(
    place: Installation, worker: Running, receiver: tuple[str, Path], deliveries: int, rounds: int
) -> tuple[dict[str, list[Lap]], int]:
    url, authority = receiver
    tls = ssl.create_default_context(cafile=str(authority))
    database = Database(place.dsn, pool_size=2)
    try:
        outgoing = await Outgoing.create(database, place, url, worker)
        await outgoing.deliver(_WARM_UP)  # also waits until the worker is up
        body = await outgoing.body()
        client = partial(post_all, url, body, tls, parallel=PROMPT.each)
        contenders = {OURS: outgoing.deliver, KEPT: client, FRESH: partial(client, keep=False)}
        return await in_turns(contenders, deliveries, rounds), len(body)
    finally:
        await database.close()


def _rows(laps: dict[str, list[Lap]]) -> list[dict[str, Value]]:
    """Ours, then each bare client with our speed in its terms."""
    ours = laps[OURS]
    return [_row(OURS, ours)] + [
        _row(name, laps[name]) | compared(ours, laps[name]) for name in (KEPT, FRESH)
    ]


def _row(sender: str, laps: Sequence[Lap]) -> dict[str, Value]:
    count = sum(lap.count for lap in laps)
    return {"sender": sender, "deliveries": count, "perSecond": round(rate(laps), 1)}


def _notes(size: int) -> list[str]:
    return [
        RATIO,
        f"{PROMPT.each} at a time, {size} bytes each; ours are done when they are recorded.",
        "Ours judges the address and connects anew for each delivery; the bare client records nothing.",
    ]
