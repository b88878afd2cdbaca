"""Where in a call it is that was searched for: one line of it, with the words that were found."""

import re
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import CallText
from calltrace.analyses.search_terms import Search, Term
from calltrace.kit.folding import Placed, placed

BEFORE, AROUND = 40, 160
"""Characters before the first word that was found, and in all."""
_EDGE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of one line of a transcript.

    Attributes:
        segment_id: of the line.
        first: the words that were found first, as they stand there.
        parts: the text in pieces, each with whether it was searched for.
        begins: whether it begins with the line; ``ends``: ends with it.
    """

    segment_id: str
    first: str
    parts: Sequence[tuple[str, bool]]
    begins: bool
    ends: bool


async def of_calls(
    session: AsyncSession, search: Search, analysis_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Excerpt]:
    """Of each call in which something was said of it, the first line that says most of it."""
    query = select(CallText.analysis_id, CallText.said, CallText.folded)
    rows = (await session.execute(query.where(CallText.analysis_id.in_(analysis_ids)))).all()
    found = {row[0]: of(row[1] or "", row[2] or "", search) for row in rows}
    return {key: one for key, one in found.items() if one is not None}


def of(said: str, folded: str, search: Search) -> Excerpt | None:
    """The same of one call; ``said`` and ``folded`` as ``CallText`` has them."""
    number = _best(folded, search.terms)
    if number is None:
        return None
    segment_id, _tab, line = said.split("\n")[number].partition("\t")
    return _cut(segment_id, line, list(_spans(list(placed(line)), search.terms)))


def _best(folded: str, terms: Sequence[Term]) -> int | None:
    """The number of the first line that has the most terms. Lines are counted only up to what is found."""
    lines = dict[int, int]()
    for term in terms:
        seen, at, number = 0, folded.find(term.phrase), 0
        while at >= 0:
            number += folded.count("\n", seen, at)
            lines[number] = lines.get(number, 0) + 1
            end = folded.find("\n", at)
            seen, at = at, folded.find(term.phrase, end) if end >= 0 else -1
    return min(lines, key=lambda one: (-lines[one], one)) if lines else None


def _spans(words: Sequence[Placed], terms: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """The characters of a line that were searched for, apart from each other, in order."""
    at = 0
    while at < len(words):
        reach = max((len(one.words) for one in terms if _stands(words, at, one)), default=0)
        if reach:
            yield words[at].start, words[at + reach - 1].end
        at += reach or 1


def _stands(words: Sequence[Placed], at: int, term: Term) -> bool:
    *first, last = term.words
    here = [one.word for one in words[at : at + len(term.words)]]
    if len(here) < len(term.words) or here[:-1] != first:
        return False
    return here[-1] == last if term.whole else here[-1].startswith(last)


def _cut(segment_id: str, line: str, spans: Sequence[tuple[int, int]]) -> Excerpt | None:
    if not spans:
        return None
    start = _edge(line, max(0, spans[0][0] - BEFORE), spans[0][0])
    end = max(min(len(line), start + AROUND), spans[0][1])
    if end < len(line):
        end = max(line.rfind(" ", start, end), spans[0][1])
    parts, at = list[tuple[str, bool]](), start
    for first, last in spans:
        if last > end:
            break
        parts += [(line[at:first], False), (line[first:last], True)]
        at = last
    parts.append((line[at:end], False))
    first = line[slice(*spans[0])]
    return Excerpt(segment_id, first, [one for one in parts if one[0]], start == 0, end == len(line))


def _edge(line: str, least: int, most: int) -> int:
    """Where a word begins."""
    if least == 0:
        return 0
    found = _EDGE.search(line, least, most)
    return found.end() if found else most
