"""What pages are given: the platform's parts, who is signed in, and forms that are really ours."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import sessions
from calltrace.accounts.audit import Actor
from calltrace.accounts.errors import ForbiddenError
from calltrace.accounts.sessions import SignedIn, Visitor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.pipeline.context import Platform
from calltrace.reviews.who import Who, of_user
from calltrace.web.cookies import is_secure, session_token
from calltrace.web.errors import SecondFactorOwedError, SignInNeededError
from calltrace.web.forms import Form, read_form
from calltrace.web.origin import check_origin, check_token
from calltrace.webhooks import endpoints


def get_platform(request: Request) -> Platform:
    """The parts that were built at start."""
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(get_platform)]


def get_visitor(request: Request) -> Visitor:
    """Where the request comes from."""
    peer = request.client.host if request.client else None
    return Visitor(peer, request.headers.get("user-agent"))


VisitorDep = Annotated[Visitor, Depends(get_visitor)]


async def maybe_signed_in(request: Request, platform: PlatformDep) -> SignedIn | None:
    """Whose session the browser presents. API keys are not looked at (acceptance CT-003)."""
    token = session_token(request, secure=is_secure(platform.public_url))
    who = await sessions.current(platform.database, token)
    request.state.who = who
    return who


MaybeSignedIn = Annotated[SignedIn | None, Depends(maybe_signed_in)]


WITHOUT_SECOND_FACTOR = ("/account/second-factor", "/logout")
"""What somebody may open who has to set up a second factor first."""


def signed_in(request: Request, who: MaybeSignedIn) -> SignedIn:
    """Somebody, or the way to the sign-in page, or to a second factor that the organisation asks for."""
    if who is None:
        raise SignInNeededError("Sign in to go on.")
    if who.owes_second_factor and not request.url.path.startswith(WITHOUT_SECOND_FACTOR):
        raise SecondFactorOwedError("Your organisation asks everybody for a second factor.")
    return who


SignedInDep = Annotated[SignedIn, Depends(signed_in)]


def administrator(who: SignedInDep) -> SignedIn:
    """An owner or an admin; any other role is refused, whatever was asked for (acceptance CT-002)."""
    if not who.administers:
        raise ForbiddenError("This is for owners and admins. Ask one of yours.")
    return who


AdministratorDep = Annotated[SignedIn, Depends(administrator)]


def owner(who: SignedInDep) -> SignedIn:
    """An owner: what concerns the whole installation is for them."""
    if who.role != "owner":
        raise ForbiddenError("This is for owners. Ask one of yours.")
    return who


OwnerDep = Annotated[SignedIn, Depends(owner)]


def listener(who: SignedInDep) -> SignedIn:
    """Whoever judges calls; agents only see their own."""
    if not who.hears_calls:
        raise ForbiddenError("This is for owners, admins, supervisors and reviewers. Ask one of yours.")
    return who


ListenerDep = Annotated[SignedIn, Depends(listener)]


def scorecard_reader(who: SignedInDep) -> SignedIn:
    """Whoever judges calls sees what they are held against; agents do not."""
    if not who.hears_calls:
        raise ForbiddenError(
            "Scorecards are for owners, admins, supervisors and reviewers. Ask one of yours."
        )
    return who


ScorecardReaderDep = Annotated[SignedIn, Depends(scorecard_reader)]


def scorecard_trier(who: SignedInDep) -> SignedIn:
    """Whoever sees every call: a back-test tells of calls of all teams."""
    if not who.sees_every_call:
        raise ForbiddenError(
            "Scorecards are tried on calls by owners, admins and reviewers. Ask one of yours."
        )
    return who


ScorecardTrierDep = Annotated[SignedIn, Depends(scorecard_trier)]


def scorecard_editor(who: SignedInDep) -> SignedIn:
    """Owners and admins: what calls are held against is a decision of the organisation."""
    if not who.administers:
        raise ForbiddenError("Only owners and admins change scorecards. Ask one of yours.")
    return who


ScorecardEditorDep = Annotated[SignedIn, Depends(scorecard_editor)]


async def posted(request: Request, platform: PlatformDep, who: SignedInDep) -> Form:
    """A form of ours, sent by the one who is signed in: every page that changes something takes it."""
    check_origin(request, platform.public_url)
    form = await read_form(request)
    check_token(form.exact("csrf"), who.csrf_token)
    return form


PostedDep = Annotated[Form, Depends(posted)]
MOST_OF_A_DOCUMENT = 1024 * 1024
"""Of a form that carries a scorecard: 256 KiB of YAML, which forms spell up to thrice as long."""


async def posted_document(request: Request, platform: PlatformDep, who: SignedInDep) -> Form:
    """The same for a form that carries a whole document."""
    check_origin(request, platform.public_url)
    form = await read_form(request, MOST_OF_A_DOCUMENT)
    check_token(form.exact("csrf"), who.csrf_token)
    return form


PostedDocumentDep = Annotated[Form, Depends(posted_document)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What somebody works with who may: a person, their organisation's data, and their name for the audit."""

    platform: Platform
    who: SignedIn
    actor: Actor

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """One transaction that sees the person's organisation only."""
        async with self.platform.database.tenant(self.who.org_id) as session:
            yield session

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[tuple[AsyncSession, Who]]:
        """The same, and who is at work in it: ``reviews.who`` decides which calls they see and judge."""
        async with self.transaction() as session:
            yield session, await of_user(session, self.who.user_id, self.actor)

    @property
    def webhooks(self) -> endpoints.Desk:
        """What the service of webhook endpoints works with."""
        platform = self.platform
        return endpoints.Desk(platform.database, platform.client, platform.box, platform.policy)

    @property
    def caller(self) -> endpoints.Caller:
        """The person for that service: people see the endpoints of both modes."""
        return endpoints.Caller(self.who.org_id, self.actor)


def get_actor(request: Request, who: SignedInDep, visitor: VisitorDep) -> Actor:
    """The person as the audit trail names it."""
    return who.actor(visitor.address, request.scope["request_id"])


ActorDep = Annotated[Actor, Depends(get_actor)]


def get_desk(platform: PlatformDep, who: AdministratorDep, actor: ActorDep) -> Desk:
    """The desk of somebody who may manage integrations."""
    return Desk(platform, who, actor)


DeskDep = Annotated[Desk, Depends(get_desk)]


def get_owners_desk(platform: PlatformDep, who: OwnerDep, actor: ActorDep) -> Desk:
    """The desk of an owner."""
    return Desk(platform, who, actor)


OwnersDeskDep = Annotated[Desk, Depends(get_owners_desk)]


def get_calls_desk(platform: PlatformDep, who: SignedInDep, actor: ActorDep) -> Desk:
    """The desk of anybody: which calls they see is decided where calls are read (``Desk.open``)."""
    return Desk(platform, who, actor)


CallsDeskDep = Annotated[Desk, Depends(get_calls_desk)]


def get_scorecard_desk(platform: PlatformDep, who: ScorecardReaderDep, actor: ActorDep) -> Desk:
    """The desk of somebody who may read scorecards."""
    return Desk(platform, who, actor)


ScorecardDeskDep = Annotated[Desk, Depends(get_scorecard_desk)]


def get_trial_desk(platform: PlatformDep, who: ScorecardTrierDep, actor: ActorDep) -> Desk:
    """The desk of somebody who may try scorecards on past calls."""
    return Desk(platform, who, actor)


TrialDeskDep = Annotated[Desk, Depends(get_trial_desk)]


def get_editor_desk(platform: PlatformDep, who: ScorecardEditorDep, actor: ActorDep) -> Desk:
    """The desk of somebody who may change scorecards."""
    return Desk(platform, who, actor)


EditorDeskDep = Annotated[Desk, Depends(get_editor_desk)]


def get_judges_desk(platform: PlatformDep, who: ListenerDep, actor: ActorDep) -> Desk:
    """The desk of somebody who judges calls."""
    return Desk(platform, who, actor)


JudgesDeskDep = Annotated[Desk, Depends(get_judges_desk)]


def path_id(text: str) -> uuid.UUID:
    """An id from a path; a malformed one names nothing, like an unknown one.

    Raises:
        NotFoundError: it is no UUID.
    """
    found = as_uuid(text)
    if found is None:
        raise NotFoundError("There is nothing with this id.")
    return found
