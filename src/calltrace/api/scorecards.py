"""``/api/v1/scorecards``: documents whose published versions never change."""

import uuid
from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.api.catalog import EXTERNAL_ID, ExternalId
from calltrace.api.deps import CatalogReader, PlatformDep, only_known, path_id
from calltrace.api.openapi import problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.resources import ONE, Json, Page, RowId, router_of
from calltrace.api.schemas import Wire
from calltrace.catalog.assignment import delete_scorecard
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.scorecards import queries, service, shown, versions
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.compose import first_document
from calltrace.scorecards.document import Scorecard

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
DOCUMENT = "What calls are held against. Its `id` and `version` are given by the server."

DRAFT = (
    "True: write the scorecard's one draft, or change it, and answer it. False: publish at once. Null:"
    " publish, unless the scorecard was never published."
)


class ScorecardRequest(Wire):
    """``POST /scorecards``: a document, or a name for a copy of the scorecard that ships."""

    name: Name | None = Field(None, description="In place of the document's name.", examples=["Renewals"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)
    document: Scorecard | None = Field(None, description=DOCUMENT)
    draft: bool = Field(
        default=False, description="Only draft it: no call is held against it until it is published."
    )


class ScorecardChanges(Wire):
    """``PATCH /scorecards/{id}``: another document or name is a new version; only what is sent counts."""

    name: Name = Field(default_factory=str, description="In place of the document's name.")
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)
    document: Scorecard = Field(default_factory=default_scorecard, description=DOCUMENT)
    draft: bool | None = Field(None, description=DRAFT)


class ScorecardItem(Wire):
    """A scorecard in a list, in its newest published version; without one, in its draft."""

    id: str
    name: str
    external_id: str | None
    created_at: str
    key: str
    version: int
    status: Literal["published", "draft", "archived"]
    draft_version: int | None = Field(description="The number of its draft, if it has one.", examples=[2])
    is_default: bool = Field(description="Whether calls are held against it where no queue says otherwise.")


class ScorecardDocument(ScorecardItem):
    """A scorecard with what it says."""

    document: Scorecard


class VersionItem(Wire):
    """A version in a list."""

    version: int
    name: str
    created_at: str
    status: Literal["published", "draft"]
    based_on: int | None = Field(
        description="The version that was the newest when the draft was begun.", examples=[1]
    )
    published_at: str | None


class VersionDocument(VersionItem):
    """A version; once published it stays as it is."""

    document: Scorecard


class Scorecards:
    """Scorecards, as a resource."""

    singular, plural = "scorecard", "scorecards"
    wanted: type[Wire] = ScorecardRequest
    changes: type[Wire] = ScorecardChanges
    listed: type[Wire] = ScorecardItem
    shown: type[Wire] = ScorecardDocument

    async def page(
        self, session: AsyncSession, names: NameFilter, part: Slice
    ) -> tuple[list[Json], str | None]:
        """One page, newest first."""
        found = await queries.scorecards(session, names, part)
        page, following = cut(found, part.limit, lambda stored: stored.row)
        return [shown.item(stored) for stored in page], following

    async def create(self, session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Json) -> Json:
        """Store one with its first version, or as a draft."""
        document = first_document(wanted.get("name"), wanted.get("document"))
        external_id = wanted.get("external_id")
        draft = wanted.get("draft", False)
        return shown.whole(await service.create(session, org_id, actor, document, external_id, draft=draft))

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        return shown.whole(await versions.current(session, row_id))

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Write a new version or the draft, set the external id, or both."""
        return shown.whole(await service.change(session, actor, row_id, changes))

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one that nothing chooses."""
        await delete_scorecard(session, actor, row_id)


scorecards = router_of(Scorecards())


@scorecards.get(
    f"{ONE}/versions",
    response_model=Page[VersionItem],
    responses=problems(400, 401, 403, 404, 500, 503),
)
async def list_versions(
    row_id: RowId,
    request: Request,
    platform: PlatformDep,
    principal: CatalogReader,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """All versions of a scorecard, newest first."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await versions.page(session, path_id(row_id), cursor=cursor, limit=limit)
    return await as_json(
        lambda: {"data": [shown.version_item(one) for one in found], "nextCursor": following}
    )


@scorecards.get(
    f"{ONE}/versions/{{version}}",
    response_model=VersionDocument,
    responses=problems(401, 403, 404, 500, 503),
)
async def get_version(
    row_id: RowId, version: str, platform: PlatformDep, principal: CatalogReader
) -> Response:
    """One version with its document: what an evaluation that is pinned to it was judged by."""
    async with platform.database.tenant(principal.org_id) as session:
        found = await versions.find(session, path_id(row_id), version)
    return await as_json(lambda: {**shown.version_item(found), "document": found.document})
