"""The envelope of every answer (acceptance AU-007 to AU-009)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import Field

from calltrace.dialects.auralytik.forms import PageNumber, PageSize, iso
from calltrace.kit import clock
from calltrace.kit.document import Document

T = TypeVar("T")


class Meta(Document):
    """Of the request that was answered."""

    request_id: str = Field(examples=["req_01jz8n0f8ck2bk0smq7h2x1t0r"])
    timestamp: str = Field(examples=["2026-03-30T12:00:00Z"])


class Pagination(Document):
    """Which part of a list this is."""

    page: int
    page_size: int
    total_count: int
    total_pages: int


class One(Document, Generic[T]):
    """One thing."""

    data: T
    meta: Meta


class Many(Document, Generic[T]):
    """One page of a list."""

    data: list[T]
    meta: Meta
    pagination: Pagination


class OnePaged(Document, Generic[T]):
    """One thing that holds a page of a list."""

    data: T
    meta: Meta
    pagination: Pagination


@dataclass(frozen=True, slots=True)
class Part:
    """The page that is asked for."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        """Rows before it."""
        return (self.page - 1) * self.size

    def of(self, total: int) -> Pagination:
        """What is said of it in a list of ``total`` rows."""
        return Pagination(
            page=self.page, page_size=self.size, total_count=total, total_pages=-(-total // self.size)
        )


def _paged(default: int) -> Callable[..., Awaitable[Part]]:
    async def part(
        page: Annotated[PageNumber, Query()] = 1,
        size: Annotated[PageSize, Query(alias="pageSize")] = default,
    ) -> Part:
        return Part(page, size)

    return part


Page = Annotated[Part, Depends(_paged(25))]
"""The two parameters of a list."""
LongPage = Annotated[Part, Depends(_paged(50))]
"""The same where more is usual."""


def meta_of(request: Request) -> Meta:
    """Of this request."""
    return Meta(request_id=request.scope["request_id"], timestamp=iso(clock.now()))


@dataclass(frozen=True, slots=True)
class Answers:
    """Puts what is answered into the envelope."""

    meta: Meta

    def one(self, data: T) -> One[T]:
        """One thing."""
        return One(data=data, meta=self.meta)

    def many(self, rows: Sequence[T], part: Part, total: int) -> Many[T]:
        """A page of a list that has ``total`` rows."""
        return Many(data=list(rows), meta=self.meta, pagination=part.of(total))

    def one_paged(self, data: T, part: Part, total: int) -> OnePaged[T]:
        """One thing that holds a page of ``total`` rows."""
        return OnePaged(data=data, meta=self.meta, pagination=part.of(total))


async def get_answers(request: Request) -> Answers:
    """For this request."""
    return Answers(meta_of(request))


AnswersDep = Annotated[Answers, Depends(get_answers)]
