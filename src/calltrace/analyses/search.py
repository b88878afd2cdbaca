"""Calls by what was said in them, by parts of their names, and by their agents; newest first (decision 0041).

A page is looked for in two ways. First among the newest calls that the other filters leave: what is common is
there. Then what the index knows is gone through, newest first, in growing steps. Both end in bounded time: a
page that is not full by then says where to go on.
"""

import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Select,
    Uuid,
    column,
    func,
    literal,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import list_queries, texts
from calltrace.analyses.list_queries import Filters
from calltrace.analyses.matching import as_query, matches, query
from calltrace.analyses.models import Analysis, CallText
from calltrace.analyses.search_terms import Search, Term
from calltrace.catalog.models import Agent
from calltrace.db.rls import BY_INDEX
from calltrace.db.session import ORG
from calltrace.kit.cursor import Cursor
from calltrace.kit.folding import folded

WALKED = 200
"""Calls that are looked at without the index: a page of what one call in four has is among them."""
STEPS = (1000, 4000, 16_000)
"""Calls that the index names, of which each step looks at the newest."""
PATIENCE = 0.05
"""Seconds after which no further step begins."""
AT_ONCE = 2000
"""Calls of a page, where all are wanted."""
_END = Cursor(datetime(9999, 1, 1, tzinfo=UTC), uuid.UUID(int=(1 << 128) - 1))


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of calls that were found.

    Attributes:
        ids: newest first.
        after: where the next page begins; ``None`` when there is none.
        whole: whether all calls before ``after`` were looked at until the page was full; else the search
            stopped there because it took long.
        behind: whether there are calls that the search does not know yet.
    """

    ids: Sequence[uuid.UUID]
    after: Cursor | None
    whole: bool = True
    behind: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """What one step found among ``looked`` calls, of which ``last`` is the oldest."""

    ids: Sequence[uuid.UUID]
    moments: Sequence[datetime]
    looked: int
    last: Cursor | None


async def meant(session: AsyncSession, filters: Filters) -> Filters:
    """The same filters, with what their text means in this organisation: which agents have such a name."""
    search = filters.text
    if search is None or search.org_id is not None:
        return filters
    org_id = uuid.UUID(await session.scalar(select(func.current_setting(ORG))))
    named = select(Agent.id, Agent.name)
    if filters.agents is not None:
        named = named.where(Agent.id.in_(filters.agents))
    known = [(row[0], folded(row[1])) for row in (await session.execute(named)).all()] if search.terms else []
    agents = {term: [one for one, name in known if term.part in name] for term in search.terms}
    return replace(filters, text=replace(search, org_id=org_id, agents=agents))


async def find(session: AsyncSession, filters: Filters, after: Cursor | None, limit: int) -> Hits:
    """The next ``limit`` calls after a cursor in which all that is searched for is found.

    Calls that came or changed a moment ago are read first, if they are not too many.
    """
    filters = await meant(session, filters)
    search = filters.text
    if search is None:
        raise ValueError("there is nothing to search for")
    if not search.terms:
        return Hits((), None)
    await texts.read_due(session)
    behind = await texts.are_due(session)
    await session.execute(BY_INDEX)
    found = await _Pages(session, filters, search, limit).read(after)
    return replace(found, behind=behind)


async def every(session: AsyncSession, filters: Filters, most: int) -> Sequence[uuid.UUID]:
    """The newest ``most`` of all calls that are meant, also where nothing is searched for."""
    if filters.text is None:
        query_of_all = list_queries.narrowed(filters, None).limit(most)
        query_of_all = query_of_all.order_by(Analysis.created_at.desc(), Analysis.id.desc())
        return [row[0] for row in (await session.execute(query_of_all)).all()]
    found, after = list[uuid.UUID](), None
    while len(found) < most:
        hits = await find(session, filters, after, min(AT_ONCE, most - len(found)))
        found += hits.ids
        if hits.after is None:
            break
        after = hits.after
    return found


class _Pages:
    """One page, step by step."""

    def __init__(self, session: AsyncSession, filters: Filters, search: Search, limit: int) -> None:
        self._session, self._filters, self._search, self._limit = session, filters, search, limit
        self._ids, self._moments = list[uuid.UUID](), list[datetime]()

    async def read(self, after: Cursor | None) -> Hits:
        began = time.monotonic()
        step = await self._step(self._walked(after), self._limit + 1)
        at, ended = step.last, step.looked < WALKED
        for most in STEPS:
            if ended or len(self._ids) > self._limit or time.monotonic() - began > PATIENCE:
                break
            candidates = self._known(at, most)
            missing = self._limit + 1 - len(self._ids)
            step = await self._step(self._narrowed(candidates, at), missing, candidates)
            ended, at = step.looked < most, step.last or at
        if len(self._ids) > self._limit:
            at = Cursor(self._moments[self._limit - 1], self._ids[self._limit - 1])
            return Hits(self._ids[: self._limit], at)
        return Hits(self._ids, None if ended else at, whole=ended)

    async def _step(self, near: Select[Any, Any], most: int, looked: CTE | None = None) -> _Step:
        """Find among some calls; ``looked`` are those that they were taken from, if not themselves."""
        calls = near.cte("near").prefix_with("MATERIALIZED")
        seen = calls if looked is None else looked
        found = (
            select(calls.c.id, calls.c.created_at)
            .join(Analysis, Analysis.id == calls.c.id)
            .join(CallText, CallText.analysis_id == calls.c.id)
            .where(matches(self._search))
            .order_by(calls.c.created_at.desc(), calls.c.id.desc())
            .limit(most)
            .cte("found")
        )
        newest = found.c.created_at.desc(), found.c.id.desc()
        place = seen.c.created_at, seen.c.id
        oldest = select(*place).order_by(*place).limit(1).subquery()
        row = (
            await self._session.execute(
                select(
                    select(func.array_agg(aggregate_order_by(found.c.id, *newest))).scalar_subquery(),
                    select(func.array_agg(aggregate_order_by(found.c.created_at, *newest))).scalar_subquery(),
                    select(func.count()).select_from(seen).scalar_subquery(),
                    select(oldest.c.created_at).scalar_subquery(),
                    select(oldest.c.id).scalar_subquery(),
                )
            )
        ).one()
        step = _Step(row[0] or (), row[1] or (), row[2], Cursor(row[3], row[4]) if row[4] else None)
        self._ids += step.ids
        self._moments += step.moments
        return step

    def _walked(self, after: Cursor | None) -> Select[Any, Any]:
        """The newest calls that the other filters leave."""
        order = Analysis.created_at.desc(), Analysis.id.desc()
        return list_queries.narrowed(self._filters, after).order_by(*order).limit(WALKED)

    def _narrowed(self, candidates: CTE, after: Cursor | None) -> Select[Any, Any]:
        """Those of some candidates that the other filters leave."""
        return list_queries.narrowed(self._filters, after).join(candidates, candidates.c.id == Analysis.id)

    def _known(self, after: Cursor | None, most: int) -> CTE:
        """The newest ``most`` calls that may be meant: all that are, are among them or older."""
        without = [one for one in self._search.terms if not self._search.agents.get(one)]
        first = self._search.terms[0]
        by_words = self._indexed(without or [first], after, most)
        if without:
            return by_words.cte("candidates").prefix_with("MATERIALIZED")
        by_name = list_queries.narrowed(replace(self._filters, agents=self._theirs(first)), after)
        by_name = by_name.order_by(Analysis.created_at.desc(), Analysis.id.desc()).limit(most)
        both = union(by_words, select(by_name.subquery())).subquery()
        query_of_both = select(both.c.id, both.c.created_at)
        query_of_both = query_of_both.order_by(both.c.created_at.desc(), both.c.id.desc()).limit(most)
        return query_of_both.cte("candidates").prefix_with("MATERIALIZED")

    def _theirs(self, term: Term) -> Collection[uuid.UUID]:
        """The agents of a name, as far as they may be seen: that was asked when the name was."""
        return self._search.agents[term]

    def _indexed(self, terms: Sequence[Term], after: Cursor | None, most: int) -> Select[Any, Any]:
        at = after or _END
        wanted = " & ".join(query(one, self._search) for one in terms)
        call = func.call_matches(
            as_query(wanted), self._filters.mode, literal(at.moment), literal(at.id), most
        )
        found = call.table_valued(column("analysis_id", Uuid), column("created_at", DateTime(timezone=True)))
        found_id: ColumnElement[uuid.UUID] = found.c.analysis_id
        return select(found_id.label("id"), found.c.created_at)
