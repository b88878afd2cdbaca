"""``/conversations``: chats, and calls that bots took; what was recorded is heard on the page of its call."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import list_queries
from calltrace.analyses.models import Analysis
from calltrace.analyses.read import following
from calltrace.catalog import queries as catalog
from calltrace.catalog.models import Agent, Engagement, Queue
from calltrace.conversations import queries, surveys
from calltrace.conversations.filters import Filters
from calltrace.conversations.models import Conversation
from calltrace.insights.period import midnight
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.reviews.who import Who
from calltrace.web.call_filters import MODES
from calltrace.web.chat_view import Chat
from calltrace.web.deps import CallsDeskDep, path_id
from calltrace.web.pages.call import CONVERSATIONS as PATH
from calltrace.web.pages.call import render_call
from calltrace.web.pages.calls import MOST_NAMES, Position, named
from calltrace.web.render import page

PAGE = 50
KINDS = (("text", Words("Chats")), ("voice", Words("Calls of bots")))
STATUSES = (("active", Words("Active")), ("completed", Words("Completed")))
_FIELDS = ("kind", "channel", "agent", "queue", "status", "from", "to", "engagement")
_LONGEST = 255
_LEAST = timedelta(microseconds=1)
router = APIRouter(prefix=PATH)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the list is narrowed down to, as its address says it."""

    mode: Mode
    fields: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        """What an address chooses.

        Raises:
            NotFoundError: a value that no form of ours offers.
        """
        mode = query.get("mode") or "live"
        fields = {name: query.get(name, "").strip() for name in _FIELDS}
        known = fields["kind"] in {"", *dict(KINDS)} and fields["status"] in {"", *dict(STATUSES)}
        strange = any(len(value) > _LONGEST or "\0" in value for value in fields.values())
        if mode not in MODES or not known or strange:
            raise _no_such()
        return cls(cast("Mode", mode), fields)

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.fields.values())

    @property
    def whole(self) -> str:
        """The address of the whole list of this mode."""
        return f"{PATH}?mode={self.mode}" if self.mode != "live" else PATH

    @property
    def more(self) -> bool:
        """Whether one of the fields is used that are folded away."""
        return any(self.fields[name] for name in ("queue", "status", "from", "to"))

    def address(self, **further: str) -> str:
        """The address of the list that is narrowed down like this, and further."""
        mode = {} if self.mode == "live" else {"mode": self.mode}
        query = {name: value for name, value in {**mode, **self.fields, **further}.items() if value}
        return f"{PATH}?{urlencode(query)}" if query else PATH

    def filters(self, reader: Who) -> Filters:
        """For the query, within what somebody may see; days are those of UTC.

        Raises:
            NotFoundError: a value that no form of ours offers.
        """
        fields = self.fields
        after = _day(fields["to"], 1)
        return Filters(
            mode=self.mode, kind=fields["kind"] or None, status=fields["status"] or None,
            channel_id=fields["channel"] or None, agent_id=_id(fields["agent"]),
            queue_id=_id(fields["queue"]), started_from=_day(fields["from"], 0),
            started_to=after and after - _LEAST, agents=reader.agents,
        )  # fmt: skip

    def of_engagement(self) -> ColumnElement[bool]:
        """For the query: one engagement's, by their own word or by that of what they are evaluated as."""
        engagement = _id(self.fields["engagement"])
        if engagement is None:
            return true()
        judged = Conversation.analysis_id.in_(list_queries.of_engagement(engagement))
        return or_(Conversation.engagement_id == engagement, judged)


def _id(text: str) -> uuid.UUID | None:
    found = as_uuid(text) if text else None
    if text and found is None:
        raise _no_such()
    return found


def _day(text: str, later: int) -> datetime | None:
    """The beginning of a day, or of one that many days later."""
    try:
        return midnight(date.fromisoformat(text) + timedelta(days=later), "UTC") if text else None
    except (ValueError, OverflowError) as error:
        raise _no_such() from error


def _no_such() -> NotFoundError:
    return NotFoundError("There is no such filter.")


@router.get("")
async def show_all(request: Request, desk: CallsDeskDep, cursor: Position = None) -> Response:
    """Conversations, newest first, narrowed down as the address says; agents see their own."""
    chosen = Chosen.of(request.query_params)
    async with desk.open() as (session, reader):
        after = Cursor.decode(cursor) if cursor else None
        filters = chosen.filters(reader)
        found = await queries.page(session, filters, after, PAGE + 1, chosen.of_engagement())
        shown, older = found[:PAGE], following([one.row for one in found], PAGE)
        counts = await queries.counts(session, [one.row.id for one in shown])
        results = await list_queries.listed_by_id(
            session, [one.row.analysis_id for one in shown if one.row.analysis_id]
        )
        choices = {
            "channel": [(one, one) for one in await queries.channels(session, chosen.mode)],
            "agent": named(await catalog.agents_by_name(session, MOST_NAMES, reader.agents)),
            "queue": named(await catalog.queues_by_name(session, MOST_NAMES, [filters.queue_id])),
            "kind": KINDS, "status": STATUSES,
        }  # fmt: skip
        engagement = await _engagement(session, chosen)
    return page(
        request, "conversations/list.html", modes=MODES, chosen=chosen, conversations=shown, counts=counts,
        results=results, choices=choices, reader=reader, engagement=engagement, first=cursor is None,
        older=chosen.address(cursor=older) if older else None,
        live=any(one.analysis.status in {"queued", "processing"} for one in results.values()),
    )  # fmt: skip


async def _engagement(session: AsyncSession, chosen: Chosen) -> str | None:
    """The name of the engagement that the list is narrowed down to."""
    wanted = _id(chosen.fields["engagement"])
    row = await session.get(Engagement, wanted) if wanted else None
    return row.name if row else None


@router.get("/{conversation_id}")
async def show(request: Request, conversation_id: str, desk: CallsDeskDep) -> Response:
    """A conversation; one that was recorded is shown as its call, one that is evaluated with its result."""
    async with desk.open() as (session, reader):
        row = await queries.find(session, path_id(conversation_id))
        if row is None or (reader.agents is not None and row.agent_id not in reader.agents):
            raise NotFoundError("There is no conversation with this id.")
        analysis = await session.get(Analysis, row.analysis_id) if row.analysis_id else None
        chat = await _told(session, row) if analysis is None else None
    if chat is not None:
        return page(request, "conversations/show.html", chat=chat)
    assert analysis is not None
    if analysis.medium == "voice":
        return RedirectResponse(f"/calls/{analysis.id}", 303)
    return await render_call(request, desk, analysis.id)


async def _told(session: AsyncSession, row: Conversation) -> Chat:
    agent = await session.get(Agent, row.agent_id) if row.agent_id else None
    queue = await session.get(Queue, row.queue_id) if row.queue_id else None
    return Chat(
        row, await queries.messages(session, row.id), await queries.voice_call(session, row.id),
        await surveys.of_conversation(session, row), agent.name if agent else None,
        queue.name if queue else None,
    )  # fmt: skip
