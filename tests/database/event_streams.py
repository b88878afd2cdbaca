"""Reading server-sent events, as a client of them does."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2


class Stream:
    """A client of server-sent events; ``events`` gives ``(event, id, data)``, comments as ``:``."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.retry = ""
        self._events = self._read()

    async def next(self) -> tuple[str, str, Any] | None:
        """The next event; ``None`` when the stream has ended in good order."""
        async with asyncio.timeout(20):
            return await anext(self._events, None)

    async def rest(self) -> list[tuple[str, str, Any]]:
        async with asyncio.timeout(20):
            return [event async for event in self._events]

    async def _read(self) -> AsyncIterator[tuple[str, str, Any]]:
        fields: dict[str, str] = {}
        async for line in self.answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line == ":":
                yield (":", "", None)
            elif line:
                fields[name] = value
            elif fields:
                self.retry = fields.pop("retry", self.retry)
                if fields:
                    yield (fields["event"], fields["id"], json.loads(fields["data"]))
                fields = {}
