"""Progress of analyses as server-sent events, for the API and for pages alike."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from calltrace.analyses.queries import Progress
from calltrace.analyses.watching import MOST_COUNTED, Coming, Erased, Newer, News, Pass, Watchers
from calltrace.db.session import Database
from calltrace.kit.event_stream import HEARTBEAT, RETRY, frame

HEARTBEAT_SECONDS = 15.0


async def progress_events(
    watchers: Watchers, database: Database, org_id: uuid.UUID, by: Pass, seen: Sequence[Progress],
    *, seconds: float = float("inf"), coming: Coming | None = None,
) -> AsyncGenerator[str]:  # fmt: skip
    """How all of some analyses are now, then every change, until all have ended, and what is ``coming``.

    Ends sooner when the pass opens nothing any more, when the server stops, or after some seconds.
    """
    yield RETRY + "".join(map(event, seen)) if seen else RETRY + HEARTBEAT
    last = asyncio.get_running_loop().time() + seconds
    with watchers.watching(database, org_id, by, seen, coming) as watch:
        while not watch.over and asyncio.get_running_loop().time() < last:
            news = await watch.next(HEARTBEAT_SECONDS)
            if news:
                yield "".join(map(event, news))
            elif not watch.over:
                yield HEARTBEAT


def event(news: News) -> str:
    """One change as it travels."""
    if isinstance(news, Newer):
        return frame("newer", "newer", {"count": news.count, "more": news.count >= MOST_COUNTED})
    if isinstance(news, Erased):
        return frame("erased", "erased", {"analysisId": str(news.analysis_id)})
    data: dict[str, Any] = {
        "analysisId": str(news.analysis_id), "status": news.status, "stage": news.stage,
        "percent": news.percent,
    }  # fmt: skip
    if news.over:
        data["error"] = news.error
    return frame(event_id(news), news.status if news.over else "progress", data)


def event_id(now: Progress) -> str:
    """The same for the same state, whichever process tells of it."""
    return now.status if now.over else f"{now.attempt}.{now.stage}.{now.percent}"
