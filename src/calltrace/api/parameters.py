"""Query parameters and answers that several routers share."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import AfterValidator, BeforeValidator

from calltrace.kit.json_text import dumps
from calltrace.kit.moments import iso_moment, of_a_call

Moment = Annotated[datetime, BeforeValidator(iso_moment)]
CallMoment = Annotated[Moment, AfterValidator(of_a_call)]
Limit = Annotated[int, Query(ge=1, le=200, description="Entries of one page.")]
Position = Annotated[
    str | None, Query(alias="cursor", max_length=100, description="`nextCursor` of the page before.")
]


async def as_json(build: Callable[[], Any]) -> Response:
    """Build and write the answer in a thread: hours of transcripts must not hold up other requests."""
    return await asyncio.to_thread(lambda: Response(dumps(build()), media_type="application/json"))
