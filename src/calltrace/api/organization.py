"""``/api/v1/organization``: what holds for all calls of the organisation that the key belongs to."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from calltrace.accounts.organisation import MOST_LANGUAGES
from calltrace.accounts.vocabulary import LONGEST_TERM, MOST_TERMS
from calltrace.api.body import read_json
from calltrace.api.deps import ActorDep, CatalogReader, CatalogWriter, PlatformDep
from calltrace.api.openapi import json_body, problems
from calltrace.api.schemas import Language, Wire
from calltrace.catalog import organisation
from calltrace.catalog.shown import organisation_as_json as shown
from calltrace.evaluation.redaction import Redaction
from calltrace.speech.roles import ChannelOption

Term = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TERM)]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
VOCABULARY = (
    "Names of products and people that may be said, the most useful first. They count for calls that are"
    " transcribed from then on, and change nothing but words that sound like them."
)
CHANNELS = (
    "Where the agent is on recordings of several channels, unless the call or its queue says otherwise:"
    " null and `auto` leave it to what is said."
)
LANGUAGES = (
    "The languages that calls are in (ISO 639-1), for calls that are transcribed from then on: what is heard"
    " is taken for one of these, unless it is plainly another or the call names its own. Empty: any."
)
SCORECARD = "What calls are held against where no queue chooses a scorecard; null: the one that ships."
REDACTION = (
    "What is taken out of calls before anything of them is stored, sent or evaluated, for calls that are"
    " heard from then on: kinds of sensitive data in the transcript, and with `audio` also in what is stored"
    " of the recording. Null: nothing."
)
TIME_ZONE = "Where its days begin and end: a name of the IANA time zone database."
router = APIRouter(prefix="/organization", tags=["Organization"])


class OrganizationChanges(Wire):
    """``PATCH /organization``: only what is sent counts, so defaults only let a field be left out."""

    vocabulary: list[Term] = Field(
        default_factory=list[Term],
        max_length=MOST_TERMS,
        description=VOCABULARY,
        examples=[["Harbor Broadband", "Oyelaran"]],
        json_schema_extra={"uniqueItems": True},
    )
    languages: list[Language] = Field(
        default_factory=list[Language],
        max_length=MOST_LANGUAGES,
        description=LANGUAGES,
        examples=[["en", "es"]],
    )
    agent_channels: ChannelOption | None = Field(None, description=CHANNELS)
    scorecard_id: uuid.UUID | None = Field(None, strict=False, description=SCORECARD)
    redaction: Redaction | None = Field(None, description=REDACTION)
    time_zone: ZoneName = Field("UTC", description=TIME_ZONE, examples=["Europe/Madrid"])


class OrganizationDocument(Wire):
    """The organisation."""

    id: str
    name: str
    vocabulary: list[str] = Field(description=VOCABULARY, examples=[["Harbor Broadband", "Oyelaran"]])
    languages: list[str] = Field(description=LANGUAGES, examples=[["en", "es"]])
    agent_channels: ChannelOption | None = Field(description=CHANNELS)
    scorecard_id: str | None = Field(description=SCORECARD)
    redaction: Redaction | None = Field(description=REDACTION)
    time_zone: str = Field(description=TIME_ZONE, examples=["Europe/Madrid"])
    created_at: str


@router.get("", response_model=OrganizationDocument, responses=problems(401, 403, 500, 503))
async def get_organization(platform: PlatformDep, principal: CatalogReader) -> Response:
    """The organisation that the key belongs to."""
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse(shown(*await organisation.current(session, principal.org_id)))


@router.patch(
    "",
    response_model=OrganizationDocument,
    responses=problems(400, 401, 403, 413, 500, 503),
    openapi_extra=json_body(OrganizationChanges),
)
async def change_organization(
    request: Request, platform: PlatformDep, principal: CatalogWriter, actor: ActorDep
) -> Response:
    """Change the fields that are sent."""
    wanted = await read_json(request, OrganizationChanges)
    async with platform.database.tenant(principal.org_id) as session:
        values = wanted.model_dump(include=wanted.model_fields_set)
        return JSONResponse(shown(*await organisation.change(session, principal.org_id, actor, values)))
