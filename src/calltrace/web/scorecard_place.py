"""What every page of one scorecard begins with: the scorecard, its draft, what counts, and who uses it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.catalog import queries as catalog
from calltrace.catalog.models import Queue
from calltrace.kit.errors import NotFoundError
from calltrace.scorecards import drafts, queries, versions
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion
from calltrace.web.deps import path_id
from calltrace.web.pages.calls import MOST_NAMES

PATH = "/scorecards"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Card:
    """One scorecard.

    Attributes:
        shown: the newest published version, else the draft.
        draft: what is being worked on, if anything is.
        published: the number of the newest published version.
        queues: that choose it.
        all_queues: that there are.
    """

    row: ScorecardRow
    shown: ScorecardVersion
    draft: ScorecardVersion | None
    published: int | None
    queues: Sequence[Queue]
    all_queues: Sequence[Queue]

    @property
    def id(self) -> uuid.UUID:
        """Of the scorecard."""
        return self.row.id

    @property
    def here(self) -> str:
        """The address of its page."""
        return f"{PATH}/{self.row.id}"

    @property
    def chosen_by(self) -> list[str]:
        """Who chooses it: ``default`` for the organisation, and the ids of queues."""
        mine = [str(one.id) for one in self.all_queues if one.scorecard_id == self.id]
        return [DEFAULT, *mine] if self.row.is_default else mine

    @property
    def working(self) -> ScorecardVersion:
        """What a change begins with."""
        return self.draft or self.shown

    @property
    def seen(self) -> str:
        """The stamp of what a change begins with."""
        return drafts.stamp(self.working)

    @property
    def outdated(self) -> bool:
        """Whether somebody published another version since the draft was begun."""
        return self.draft is not None and self.draft.based_on != self.published

    def wanted_draft(self) -> ScorecardVersion:
        """The draft.

        Raises:
            NotFoundError: there is none.
        """
        if self.draft is None:
            raise NotFoundError("The scorecard has no draft: it was published or discarded meanwhile.")
        return self.draft


async def open_card(session: AsyncSession, text: str) -> Card:
    """The scorecard that a path names.

    Raises:
        NotFoundError: there is none.
    """
    stored = await versions.current(session, path_id(text))
    queues = await catalog.queues_by_name(session, MOST_NAMES)
    return Card(
        stored.row,
        stored.version,
        await queries.draft(session, stored.row.id) if stored.draft else None,
        await queries.published_number(session, stored.row.id),
        [one for one in queues if one.scorecard_id == stored.row.id],
        queues,
    )


def says(version: ScorecardVersion) -> Scorecard:
    """The document of a version."""
    return Scorecard.model_validate(version.document)
