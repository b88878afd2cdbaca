"""``/admin/settings``: what holds for the organisation, and what the operator has set."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Organisation
from calltrace.accounts.organisation import LONGEST_KEPT, time_zones
from calltrace.analyses import retention
from calltrace.analyses.retention import Due, Kept
from calltrace.catalog import organisation
from calltrace.evaluation.redaction import Redaction
from calltrace.evaluation.sensitive_kinds import KINDS
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.words import Words, worded
from calltrace.scorecards import queries as scorecards
from calltrace.settings_shown import shown_settings
from calltrace.speech.codes import known_language
from calltrace.web.deps import Desk, DeskDep, PostedDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.languages import NAMES, language
from calltrace.web.render import NO_MISTAKES, page

PATH = "/admin/settings"
router = APIRouter(prefix=PATH)
FIELDS = (
    "name", "timeZone", "languages", "agentChannels", "vocabulary", "kinds", "recordingsKeptDays",
    "callsKeptDays",
)  # fmt: skip
CHANNELS = (
    ("auto", Words("found out from what is said")), ("agent-left", Words("on the first channel")),
    ("agent-right", Words("on the second channel")), ("mono", Words("one channel for both")),
)  # fmt: skip
KIND_NAMES = worded({
    "cvv": "security code of a card", "expiry": "expiry of a card", "iban": "IBAN",
    "account_number": "account and customer numbers", "national_id": "national and tax ids",
    "phone": "phone numbers", "email": "e-mail addresses", "address": "postal addresses",
    "person_name": "names of people", "payment_card": "card numbers", "date_of_birth": "dates of birth",
})  # fmt: skip
_REFUSED = (InvalidRequestError, AlreadyExistsError)


@router.get("")
async def show(request: Request, desk: DeskDep) -> Response:
    """All of it."""
    return await _show(request, desk)


async def _show(
    request: Request, desk: Desk, filled: Form | None = None, error: CallTraceError | None = None
) -> Response:  # fmt: skip
    async with desk.transaction() as session:
        found, _default = await organisation.current(session, desk.who.org_id)
        default = await scorecards.default_row(session)
    form = Form({**_values(found), **(filled.values if filled else {})})
    operator = shown_settings(desk.platform.settings) if desk.who.role == "owner" else []
    return page(
        request, "settings/show.html", status=error.status if error else 200, form=form, operator=operator,
        organisation=found, scorecard=default, channels=CHANNELS, kinds=KIND_NAMES,
        zones=sorted(time_zones()), longest=LONGEST_KEPT, languages=_choices(found.languages),
        mistakes=Mistakes.of(error, FIELDS) if error else NO_MISTAKES,
    )  # fmt: skip


def _values(found: Organisation) -> dict[str, list[str]]:
    """The organisation as its forms have it."""
    redaction = Redaction.model_validate(found.redaction) if found.redaction else None
    return {
        "name": [found.name], "timeZone": [found.time_zone],
        "languages": found.languages, "agentChannels": [found.agent_channels or "auto"],
        "vocabulary": ["\n".join(found.vocabulary)], "kinds": list(redaction.transcript) if redaction else [],
        "audio": ["yes"] if redaction and redaction.audio else [],
        "recordingsKeptDays": [str(found.recordings_kept_days or "")],
        "callsKeptDays": [str(found.calls_kept_days or "")],
        "secondFactor": ["yes"] if found.second_factor_required else [],
    }  # fmt: skip


def _choices(chosen: Sequence[str]) -> list[tuple[str, str]]:
    """Languages by their name, those that are chosen first."""
    named = [(one, language(one)) for one in {*NAMES, *chosen}]
    return sorted(named, key=lambda one: (one[0] not in chosen, one[1]))


def _general(form: Form) -> Mapping[str, Any]:
    return {"name": form.text("name"), "time_zone": form.text("timeZone")}


def _hearing(form: Form) -> Mapping[str, Any]:
    channels = form.text("agentChannels")
    if channels not in dict(CHANNELS):
        raise _wrong("agentChannels", Words("Choose from the list."))
    spoken = form.every("languages")
    if any(known_language(one) != one for one in spoken):
        raise _wrong("languages", Words("Choose from the list."))
    words = [" ".join(line.split()) for line in form.exact("vocabulary").splitlines()]
    return {
        "languages": spoken, "agent_channels": None if channels == "auto" else channels,
        "vocabulary": [one for one in words if one],
    }  # fmt: skip


def _redaction(form: Form) -> Mapping[str, Any]:
    kinds = form.every("kinds")
    if set(kinds) - set(KINDS):
        raise _wrong("kinds", Words("Choose from the list."))
    if not kinds:
        if form.text("audio"):
            raise _wrong("kinds", Words("Choose what is made unheard in recordings."))
        return {"redaction": None}
    wanted = Redaction(transcript=cast("Any", list(dict.fromkeys(kinds))), audio=bool(form.text("audio")))
    return {"redaction": wanted.model_dump()}


def _security(form: Form) -> Mapping[str, Any]:
    return {"second_factor_required": bool(form.text("secondFactor"))}


@router.post("")
async def general(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Name and time zone."""
    return await _save(request, desk, form, _general)


@router.post("/hearing")
async def hearing(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Languages, where the agent is, and names that are said."""
    return await _save(request, desk, form, _hearing, unchecked=("languages",))


@router.post("/redaction")
async def redaction(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """What is taken out of calls before they are kept."""
    return await _save(request, desk, form, _redaction, unchecked=("kinds", "audio"))


@router.post("/security")
async def security(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Whether everybody needs a second factor."""
    return await _save(request, desk, form, _security, unchecked=("secondFactor",))


async def _save(
    request: Request, desk: Desk, form: Form, read: Callable[[Form], Mapping[str, Any]],
    unchecked: tuple[str, ...] = (),
) -> Response:  # fmt: skip
    """Read a form, save it, and come back; check boxes that are off are not sent at all."""
    filled = Form({**dict.fromkeys(unchecked, ()), **form.values})
    try:
        values = read(form)
        async with desk.transaction() as session:
            await organisation.change(session, desk.who.org_id, desk.actor, values)
    except _REFUSED as error:
        return await _show(request, desk, filled, error)
    return RedirectResponse(f"{PATH}?done=settings-saved", 303)


@router.post("/retention")
async def keeping(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """How long is kept what; what would be erased at once is told first, and erased after a yes."""
    try:
        kept = _kept(form)
        if not form.text("confirmed"):
            async with desk.transaction() as session:
                due = await retention.count(session, kept)
            if due != Due(0, 0):
                return page(request, "settings/retention.html", kept=kept, due=due)
        values = {"recordings_kept_days": kept.recordings, "calls_kept_days": kept.calls}
        async with desk.transaction() as session:
            await organisation.change(session, desk.who.org_id, desk.actor, values)
    except _REFUSED as error:
        return await _show(request, desk, form, error)
    return RedirectResponse(f"{PATH}?done=settings-saved", 303)


def _kept(form: Form) -> Kept:
    kept = Kept(_days(form, "recordingsKeptDays"), _days(form, "callsKeptDays"))
    if kept.recordings and kept.calls and kept.recordings > kept.calls:
        raise _wrong("recordingsKeptDays", Words("A recording is erased with its call at the latest."))
    return kept


def _days(form: Form, field: str) -> int | None:
    text = form.text(field)
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_KEPT)) else 0
    if not 0 < number <= LONGEST_KEPT:
        raise _wrong(
            field,
            Words("Between 1 and %(longest_kept)s days; leave it empty for ever.", longest_kept=LONGEST_KEPT),
        )
    return number


def _wrong(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


@router.get("/hearing")
@router.get("/redaction")
@router.get("/security")
@router.get("/retention")
async def again(_desk: DeskDep) -> Response:
    """The address of the answer to a refused form, when it is opened anew."""
    return RedirectResponse(PATH, 303)
