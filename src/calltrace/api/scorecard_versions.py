"""The life of a scorecard: publish or discard a draft, compare versions, archive and take up again."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from calltrace.api.body import has_body, read_json
from calltrace.api.deps import ActorDep, CatalogReader, CatalogWriter, PlatformDep, only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import as_json
from calltrace.api.resources import ONE, Json, RowId
from calltrace.api.schemas import Wire
from calltrace.api.scorecards import ScorecardDocument, VersionDocument
from calltrace.catalog.assignment import archive_scorecard, unarchive_scorecard
from calltrace.scorecards import drafts, shown, versions
from calltrace.scorecards.diff import difference

router = APIRouter(prefix="/scorecards", tags=["Scorecards"])
VERSION = f"{ONE}/versions/{{version}}"


class Publication(Wire):
    """``POST …/publish``; the whole body may be left out."""

    replaces: int | None = Field(
        None, ge=1, le=999_999_999,
        description=(
            "The newest published version, as you know it. If not given: the one that the draft is based on."
        ),
    )  # fmt: skip


class FieldChange(Wire):
    """A field that differs, by its path; null on the side that does not have it."""

    field: str = Field(examples=["points"])
    before: Json | list[Json] | list[str] | str | float | bool | None = Field(examples=[10])
    after: Json | list[Json] | list[str] | str | float | bool | None = Field(examples=[15])


class CriterionName(Wire):
    """A criterion that one side has alone."""

    key: str = Field(examples=["greeting"])
    name: str


class ChangedCriterion(CriterionName):
    """A criterion that both have and that differs; ``section`` and ``place`` count as fields."""

    fields: list[FieldChange]


class SectionName(Wire):
    """A section that one side has alone."""

    name: str


class ChangedSection(SectionName):
    """A section that both have and that differs."""

    fields: list[FieldChange]


class SectionDifference(Wire):
    """Sections, by their names."""

    added: list[SectionName]
    removed: list[SectionName]
    changed: list[ChangedSection]


class CriterionDifference(Wire):
    """Criteria, by their keys."""

    added: list[CriterionName]
    removed: list[CriterionName]
    changed: list[ChangedCriterion]


class Difference(Wire):
    """What differs between two versions: ``before`` is the one in the path, ``after`` the one of ``with``."""

    before: int = Field(examples=[2])
    after: int = Field(examples=[3])
    scorecard: list[FieldChange]
    sections: SectionDifference
    criteria: CriterionDifference


@router.post(
    f"{VERSION}/publish",
    response_model=VersionDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(Publication, required=False),
)
async def publish_version(
    row_id: RowId,
    version: str,
    request: Request,
    platform: PlatformDep,
    principal: CatalogWriter,
    actor: ActorDep,
) -> Response:
    """Hold calls against a draft from now on; it does not change any more.

    409 `draft_outdated` when another version was published since the draft was begun: compare the two, then
    name the newer one as `replaces`. The draft then gets the next number.
    """
    nothing = Publication.model_validate({})
    wanted = await read_json(request, Publication) if has_body(request) else nothing
    async with platform.database.tenant(principal.org_id) as session:
        found = await drafts.publish(session, actor, path_id(row_id), version, wanted.replaces)
        return JSONResponse({**shown.version_item(found), "document": found.document})


@router.delete(VERSION, status_code=204, responses=problems(401, 403, 404, 409, 500, 503))
async def discard_draft(
    row_id: RowId, version: str, platform: PlatformDep, principal: CatalogWriter, actor: ActorDep
) -> None:
    """Throw a draft away; a published version is kept for the evaluations that name it."""
    async with platform.database.tenant(principal.org_id) as session:
        await drafts.discard(session, actor, path_id(row_id), version)


@router.get(f"{VERSION}/diff", response_model=Difference, responses=problems(400, 401, 403, 404, 500, 503))
async def compare_versions(
    row_id: RowId,
    version: str,
    request: Request,
    platform: PlatformDep,
    principal: CatalogReader,
    other: Annotated[
        int, Query(alias="with", ge=1, le=999_999_999, description="The version to compare with.")
    ],
) -> Response:
    """What differs between two versions, drafts included."""
    only_known(request, frozenset({"with"}))
    async with platform.database.tenant(principal.org_id) as session:
        before = await versions.find(session, path_id(row_id), version)
        after = await versions.find(session, path_id(row_id), str(other))
    numbers = {"before": before.version, "after": after.version}
    return await as_json(lambda: {**numbers, **difference(before.document, after.document)})


@router.post(
    f"{ONE}/archive", response_model=ScorecardDocument, responses=problems(401, 403, 404, 409, 500, 503)
)
async def archive(
    row_id: RowId, platform: PlatformDep, principal: CatalogWriter, actor: ActorDep
) -> Response:
    """Put a scorecard away that nothing chooses: evaluations keep it, no new call is held against it."""
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse(shown.whole(await archive_scorecard(session, actor, path_id(row_id))))


@router.post(
    f"{ONE}/unarchive", response_model=ScorecardDocument, responses=problems(401, 403, 404, 500, 503)
)
async def unarchive(
    row_id: RowId, platform: PlatformDep, principal: CatalogWriter, actor: ActorDep
) -> Response:
    """Take a scorecard up again."""
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse(shown.whole(await unarchive_scorecard(session, actor, path_id(row_id))))
