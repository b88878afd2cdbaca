"""What one run does, how hard, and how long things may take."""

import itertools
import random
from collections.abc import Generator
from dataclasses import dataclass

from calltrace.data import sample_call_path

LEASE_SECONDS = 4
WEBHOOK_TIMEOUT_SECONDS = 3
SETTINGS = {
    "lease_seconds": str(LEASE_SECONDS),
    "processing_retry_schedule": "1,1,2,2,3",
    "webhook_timeout_seconds": str(WEBHOOK_TIMEOUT_SECONDS),
    # longer than any run: a receiver that is only unlucky must not run out of attempts
    "webhook_retry_schedule": ",".join(["1", "1", "2", "2", *["3"] * 200]),
}

CALLS = {
    f"/call-{kilobytes}.mp3": sample_call_path().read_bytes()[: kilobytes * 1000]
    for kilobytes in (20, 30, 40)
}
"""The first seconds of the sample call: seconds to process, so that there is a middle to be killed in."""
FILES = {
    **CALLS,
    "/noise.mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 40,
    "/page.mp3": b"<!doctype html><html><body>Not found</body></html>",
}
CODES_OF_KILLS = frozenset({"worker_lost", "engine_crashed", "decoder_failed"})
"""What a good recording may fail with: its processes were killed more often than there are tries."""
CODES_OF_FILES = {"/noise.mp3": "unsupported_media", "/page.mp3": "unsupported_media"}
"""What a bad recording fails with, whatever is killed meanwhile."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run; the same seed plans the same submissions and the same order of kills.

    Attributes:
        seconds: of load and kills; what comes after is only waited for.
        rounds: kills of each kind after which it is enough; ``None``: as many as there is time for.
        pauses: shortest and longest between two kills.
        submitters: clients at work at the same time.
        rest: shortest and longest pause of a submitter.
        patience: seconds until everything must have come to rest after the last kill.
        silence: seconds that an analysis may lie silent while a worker has a hand free: the lease, the
            queue's poll, and the start of a worker on a busy machine that is being killed.
        answer: seconds within which the API must answer something, or hang up.
    """

    seed: int
    seconds: float = 240.0
    rounds: int | None = None
    workers: int = 2
    pauses: tuple[float, float] = (1.5, 5.0)
    submitters: int = 2
    rest: tuple[float, float] = (1.0, 5.0)
    patience: float = 240.0
    silence: float = LEASE_SECONDS + 60.0
    answer: float = 20.0
    replays: int = 3

    def dice(self, name: str) -> random.Random:
        """Chance for one purpose: what one part draws changes nothing for the others."""
        return random.Random(f"{self.seed}/{name}")

    def kinds(self, names: tuple[str, ...]) -> Generator[str]:
        """What to kill next: as many of each as of any other, in an order of the seed's."""
        dice = self.dice("kills")
        for _ in itertools.count() if self.rounds is None else range(self.rounds):
            yield from dice.sample(names, len(names))
