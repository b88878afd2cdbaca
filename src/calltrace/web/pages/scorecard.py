"""``/scorecards/{id}``: one scorecard to read, its versions and what differs, and the deeds of its life."""

import asyncio
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.models import AuditEntry
from calltrace.catalog import assignment, service
from calltrace.catalog.errors import ScorecardInUseError
from calltrace.kit.attachments import attachment
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.scorecards import drafts, versions
from calltrace.scorecards.cues import speaks
from calltrace.scorecards.errors import DraftChangedError, DraftOutdatedError, OnlyVersionError
from calltrace.scorecards.models import ScorecardVersion
from calltrace.scorecards.yaml import dump_scorecard
from calltrace.web.deps import Desk, EditorDeskDep, PostedDep, ScorecardDeskDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.scorecards import LONGEST_NAME, YAML, Number, begin_with
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.scorecard_diff import Compared, compared
from calltrace.web.scorecard_place import DEFAULT, PATH, Card, open_card, says
from calltrace.web.scorecard_words import describe, names_of

router = APIRouter(prefix=PATH + "/{scorecard_id}")
MOST_VERSIONS = 100
MOST_DEEDS = 500
_VERSION_DEEDS = {
    "scorecard.created": "written", "scorecard.version_added": "published",
    "scorecard.draft_saved": "drafted", "scorecard.published": "published",
}  # fmt: skip


@router.get("")
async def show(
    request: Request, scorecard_id: str, desk: ScorecardDeskDep, version: Number = None
) -> Response:
    """What calls are held against, or another version, as a document."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        shown = await versions.find(session, card.id, str(version)) if version else card.shown
        organisation = await accounts.organisation(session, desk.who.org_id)
    scorecard = says(shown)
    spoken = organisation.languages if organisation else []
    names = names_of(scorecard)
    return page(
        request, "scorecards/show.html", card=card, version=shown, scorecard=scorecard,
        words={one.key: describe(one, names) for one in scorecard.criteria},
        strange=[one for one in spoken if not speaks(scorecard.languages, one)],
    )  # fmt: skip


@router.get("/export")
async def export(scorecard_id: str, desk: ScorecardDeskDep, version: Number = None) -> Response:
    """A version as a YAML file that can be imported again."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        shown = await versions.find(session, card.id, str(version)) if version else card.shown
    name = attachment(f"{shown.document['key']}-v{shown.version}", "scorecard", "yaml")
    text = await asyncio.to_thread(dump_scorecard, says(shown))
    return Response(text, media_type=YAML, headers={"Content-Disposition": name})


@router.get("/versions")
async def show_versions(
    request: Request, scorecard_id: str, desk: ScorecardDeskDep, before: Number = None, after: Number = None
) -> Response:
    """Every version with who wrote it and when, and what differs between two of them."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        found, more = await versions.page(session, card.id, cursor=None, limit=MOST_VERSIONS)
        deeds = await accounts.deeds_on(session, card.id, "scorecard.", MOST_DEEDS)
        chosen = _two(found, before, after)
        sides = [await versions.find(session, card.id, str(one)) for one in chosen]
    difference = compared(sides[0].document, sides[1].document) if sides else None
    return page(
        request, "scorecards/versions.html", card=card, versions=found, more=more is not None,
        deeds=_by_version(deeds), difference=difference, chosen=chosen,
    )  # fmt: skip


def _two(found: Sequence[ScorecardVersion], before: int | None, after: int | None) -> tuple[int, ...]:
    """The versions to compare: the newest with the one before it, unless others were chosen."""
    numbers = [one.version for one in found]
    if len(numbers) < 2 and not (before and after):  # noqa: PLR2004 - two are compared
        return ()
    return (before or numbers[1], after or numbers[0])


def _by_version(deeds: Sequence[AuditEntry]) -> Mapping[int, Sequence[tuple[str, AuditEntry]]]:
    """Who did what to each version, the latest deed of a kind only: a draft is saved many times."""
    found: dict[int, dict[str, AuditEntry]] = {}
    for one in deeds:
        verb = _VERSION_DEEDS.get(one.action)
        number = one.details.get("version", 1)
        if verb:
            found.setdefault(number, {}).setdefault(verb, one)
    return {number: list(verbs.items()) for number, verbs in found.items()}


@router.get("/publish")
async def ask_publish(request: Request, scorecard_id: str, desk: EditorDeskDep) -> Response:
    """What would change for calls if the draft were published."""
    return await _publish_page(request, desk, scorecard_id)


async def _publish_page(
    request: Request, desk: Desk, scorecard_id: str, error: CallTraceError | None = None
) -> Response:
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        draft = card.wanted_draft()
        base = str(draft.based_on) if draft.based_on else None
        newest = await versions.find(session, card.id, str(card.published)) if card.published else None
        old = await versions.find(session, card.id, base) if base and card.outdated else None
    return page(
        request, "scorecards/publish.html", status=error.status if error else 200, card=card, error=error,
        draft=draft, changes=_changes(newest, draft), meanwhile=_changes(old, newest),
    )  # fmt: skip


def _changes(before: ScorecardVersion | None, after: ScorecardVersion | None) -> Compared | None:
    return compared(before.document, after.document) if before and after else None


@router.post("/publish")
async def publish(request: Request, scorecard_id: str, desk: EditorDeskDep, form: PostedDep) -> Response:
    """Hold calls against the draft from now on, if it still replaces what the page said that it does.

    Somebody who publishes has read what the page showed: a draft that changed since is shown again.
    """
    try:
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
            draft = card.wanted_draft()
            number, seen = str(draft.version), form.exact("seen")
            replaces = _number(form.text("replaces"))
            done = await drafts.publish(session, desk.actor, card.id, number, replaces, seen=seen)
    except (DraftOutdatedError, DraftChangedError) as error:
        return await _publish_page(request, desk, scorecard_id, error)
    return RedirectResponse(f"{PATH}/{card.id}?version={done.version}&done=scorecard-published", 303)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("999999999") else None


@router.get("/discard")
async def ask_discard(request: Request, scorecard_id: str, desk: EditorDeskDep) -> Response:
    """Whether it is really meant: what was drafted goes."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        draft = card.wanted_draft()
    changes = compared(card.shown.document, draft.document) if card.published else None
    seen = drafts.stamp(draft)
    return page(request, "scorecards/discard.html", card=card, draft=draft, changes=changes, seen=seen)


@router.post("/discard")
async def discard(scorecard_id: str, desk: EditorDeskDep, form: PostedDep) -> Response:
    """Throw the draft away; of a scorecard that is nothing else, the scorecard."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        number = str(card.wanted_draft().version)
        try:
            await drafts.discard(session, desk.actor, card.id, number, seen=form.exact("seen"))
        except OnlyVersionError:
            await assignment.delete_scorecard(session, desk.actor, card.id)
            return RedirectResponse(f"{PATH}?done=draft-discarded", 303)
    return RedirectResponse(f"{card.here}?done=draft-discarded", 303)


@router.post("/copy")
async def copy(scorecard_id: str, desk: EditorDeskDep, form: PostedDep) -> Response:
    """Begin another scorecard with what this one says."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    return await begin_with(desk, says(card.shown), form.text("name")[:LONGEST_NAME])


@router.get("/use")
async def use_form(request: Request, scorecard_id: str, desk: EditorDeskDep) -> Response:
    """Which calls are held against it, and whether it is put away."""
    return await _use_page(request, desk, scorecard_id)


async def _use_page(
    request: Request, desk: Desk, scorecard_id: str, error: CallTraceError | None = None
) -> Response:
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    mistakes = Mistakes.of(error, ("default", "queues")) if error else NO_MISTAKES
    status = error.status if error else 200
    return page(request, "scorecards/use.html", status=status, card=card, mistakes=mistakes)


@router.post("/use")
async def use(request: Request, scorecard_id: str, desk: EditorDeskDep, form: PostedDep) -> Response:
    """Choose it for the organisation and for queues, or choose it no more."""
    try:
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
            wanted, shown = bool(form.text("default")), DEFAULT in form.lines("shown")
            if wanted not in {shown, card.row.is_default}:
                chosen = card.id if wanted else None
                await assignment.set_default(session, desk.who.org_id, desk.actor, chosen)
            await _choose(desk, session, card, form)
    except InvalidRequestError as error:
        return await _use_page(request, desk, scorecard_id, error)
    return RedirectResponse(f"{card.here}/use?done=scorecard-use-saved", 303)


async def _choose(desk: Desk, session: AsyncSession, card: Card, form: Form) -> None:
    """Queues that were chosen on the page get it; those that were unchosen there have none.

    What stands as it was shown is left as it is: somebody else may have chosen meanwhile.
    """
    wanted = {as_uuid(one) for one in form.every("queues")}
    shown = {as_uuid(one) for one in form.lines("shown")}
    for queue in card.all_queues:
        has, shall = queue.scorecard_id == card.id, queue.id in wanted
        if shall not in {has, queue.id in shown}:
            value = {"scorecard_id": card.id if shall else None}
            await service.change(session, desk.actor, service.QUEUES, queue.id, value)


@router.post("/archive")
async def archive(request: Request, scorecard_id: str, desk: EditorDeskDep, _form: PostedDep) -> Response:
    """Put it away, if nothing chooses it."""
    try:
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
            await assignment.archive_scorecard(session, desk.actor, card.id)
    except ScorecardInUseError as error:
        return await _use_page(request, desk, scorecard_id, error)
    return RedirectResponse(f"{card.here}/use?done=scorecard-archived", 303)


@router.post("/unarchive")
async def unarchive(scorecard_id: str, desk: EditorDeskDep, _form: PostedDep) -> Response:
    """Take it up again."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        await assignment.unarchive_scorecard(session, desk.actor, card.id)
    return RedirectResponse(f"{card.here}/use?done=scorecard-unarchived", 303)
