"""What a worker could not give back because the database was away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from calltrace.analyses.errors import StaleAttemptError

Claim = TypeVar("Claim")


class Owing(Generic[Claim]):
    """Gives back what is owed, before anything is claimed: else each would count as a lost worker.

    Args:
        owed: what is owed, the longest first; outlives this.
        give_back: lets go of one in good order.
    """

    def __init__(self, owed: list[Claim], give_back: Callable[[Claim], Awaitable[None]]) -> None:
        self._owed, self._give_back = owed, give_back
        self._one_by_one = asyncio.Lock()  # whoever claims next finds everything given back

    def add(self, claim: Claim) -> None:
        """Something more is owed."""
        self._owed.append(claim)

    async def settle(self) -> None:
        """Give back what is owed: an outage of the database is no loss of a worker, and counts as none.

        Raises:
            DatabaseAwayError: it is away again; what is left stays owed.
        """
        async with self._one_by_one:
            while self._owed:
                with suppress(StaleAttemptError):  # somebody was faster, or its end was written after all
                    await self._give_back(self._owed[0])
                del self._owed[0]
