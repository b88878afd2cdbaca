"""The delivery part: webhooks a second from one worker, beside a bare client, and how soon one arrives.

The worker is ``calltrace work`` and does all that it does: claim, read, sign, judge the address, post,
record. The receiver is a process of its own on loopback, with TLS, and the same for everybody.
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trustme

from calltrace.bench import receiver as receiver_process
from calltrace.bench.arrivals import Arrivals
from calltrace.bench.bare_client import post_all
from calltrace.bench.children import Running, free_port, running
from calltrace.bench.installation import Installation, installation
from calltrace.bench.latency import DEAD_ENDPOINTS, DEAD_WAITING, beside_dead, idle
from calltrace.bench.outgoing import Outgoing
from calltrace.bench.report import RATIO, Report, Say, Value
from calltrace.bench.rounds import Lap, compared, in_turns, percentile, rate
from calltrace.db.session import Database
from calltrace.webhooks.lanes import PROMPT

TITLES = {
    "sender": "sender", "deliveries": "deliveries", "perSecond": "per second", "ratio": "ratio",
    "ratioLow": "lowest", "ratioHigh": "highest", "p50Ms": "p50 ms", "p95Ms": "p95 ms",
}  # fmt: skip
OURS = "calltrace work"
IDLE, BESIDE_DEAD = f"{OURS}, idle", f"{OURS}, beside {DEAD_ENDPOINTS} dead endpoints"
KEPT, FRESH = "bare httpx2, connections kept", "bare httpx2, a connection each"
_WARM_UP = 8


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many webhooks: from each sender in turns, one by one when idle, and beside dead endpoints."""

    deliveries: int = 1000
    rounds: int = 5
    idle: int = 40
    beside_dead: int = 200


def measure(say: Say, *, pg_bin: Path | None = None, amounts: Amounts | None = None) -> Report:
    """Measure how many webhooks leave in a second, and how soon one does.

    Raises:
        BenchFailedError: a process did not start, or a delivery did not arrive.
    """
    amounts = amounts or Amounts()
    with installation(say, pg_bin) as place, ExitStack() as stack:
        receiver = _receiver(place, stack)
        environment = {**place.environment, "CALLTRACE_OUTBOUND_CA_FILE": str(receiver.authority)}
        worker = stack.enter_context(running("calltrace", ["work"], environment, place.folder))
        rows, size = asyncio.run(_measure(say, place, worker, receiver, amounts))
    facts: dict[str, Value] = {"parallel": PROMPT.each, "bodyBytes": size, "dead": DEAD_ENDPOINTS}
    return Report(part="delivery", titles=TITLES, rows=rows, facts=facts, notes=_notes(size))


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where the process is that takes the webhooks, and what vouches for it."""

    base: str
    certificate: Path
    authority: Path

    @property
    def url(self) -> str:
        """Where webhooks are answered."""
        return f"{self.base}/webhook"

    @property
    def dead_url(self) -> str:
        """Where they are not."""
        return f"{self.base}{receiver_process.DEAD}"


def _receiver(place: Installation, stack: ExitStack) -> Receiver:
    authority, certificate = place.folder / "ca.pem", place.folder / "receiver.pem"
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(authority))
    issuer.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    certificate.chmod(0o600)
    port = free_port()
    arguments = [str(port), str(certificate)]
    stack.enter_context(running(receiver_process.__name__, arguments, {}, place.folder, port))
    return Receiver(f"https://localhost:{port}", certificate, authority)


async def _measure(
    say: Say, place: Installation, worker: Running, receiver: Receiver, amounts: Amounts
) -> tuple[list[dict[str, Value]], int]:
    database = Database(place.dsn, pool_size=2)
    try:
        outgoing = await Outgoing.create(database, place, receiver.url, worker)
        await outgoing.deliver(_WARM_UP)  # also waits until the worker is up
        body = await outgoing.body()
        say(f"delivery: {amounts.deliveries} webhooks from each sender, in {amounts.rounds} turns")
        laps = await _throughput(outgoing, receiver, body, amounts)
        say(f"delivery: {amounts.idle} one by one, then {amounts.beside_dead} beside dead endpoints")
        async with Arrivals.listening(receiver.certificate) as arrivals:
            single = await Outgoing.create(database, place, f"{arrivals.url}/idle", worker)
            alone = await idle(single, arrivals, amounts.idle)
            crowded = await beside_dead(place, single, arrivals, receiver.dead_url, amounts.beside_dead)
        return [*_rows(laps), _latencies(IDLE, alone), _latencies(BESIDE_DEAD, crowded)], len(body)
    finally:
        await database.close()


async def _throughput(
    outgoing: Outgoing, receiver: Receiver, body: bytes, amounts: Amounts
) -> dict[str, list[Lap]]:
    tls = ssl.create_default_context(cafile=str(receiver.authority))
    client = partial(post_all, receiver.url, body, tls, parallel=PROMPT.each)
    contenders = {OURS: outgoing.deliver, KEPT: client, FRESH: partial(client, keep=False)}
    return await in_turns(contenders, amounts.deliveries, amounts.rounds)


def _rows(laps: dict[str, list[Lap]]) -> list[dict[str, Value]]:
    """Ours, then each bare client with our speed in its terms."""
    ours = laps[OURS]
    return [_row(OURS, ours)] + [
        _row(name, laps[name]) | compared(ours, laps[name]) for name in (KEPT, FRESH)
    ]


def _row(sender: str, laps: Sequence[Lap]) -> dict[str, Value]:
    count = sum(lap.count for lap in laps)
    return {"sender": sender, "deliveries": count, "perSecond": round(rate(laps), 1)}


def _latencies(name: str, lap: Lap) -> dict[str, Value]:
    times = {f"p{percent}Ms": percentile([lap], percent) for percent in (50, 95)}
    return {"sender": name, "deliveries": lap.count, **times}


def _notes(size: int) -> list[str]:
    return [
        RATIO,
        f"{PROMPT.each} at a time, {size} bytes each; ours are done when they are recorded.",
        "p50 and p95 are from the commit to the arrival.",
        f"Dead endpoints take requests and never answer; {DEAD_WAITING} webhooks wait for each of them.",
        "Ours judges the address and connects anew for each delivery; the bare client records nothing.",
    ]
