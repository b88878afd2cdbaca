"""``/scorecards/{id}/backtests`` and ``/try``: what a version would have made of past calls."""

from datetime import UTC, date, datetime, time
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import calls, queries
from calltrace.analyses.list_queries import Filters, Listed
from calltrace.batches import service, shown, table
from calltrace.batches.errors import BatchOverError, NothingToEvaluateError, TooManyBatchesError
from calltrace.batches.models import Batch
from calltrace.batches.selection import MOST_CALLS, Selection
from calltrace.batches.service import BACKTEST, Asked
from calltrace.catalog import queries as catalog
from calltrace.kit.attachments import attachment
from calltrace.kit.digits import whole_number
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.web import scorecard_words
from calltrace.web.call_filters import MODES
from calltrace.web.deps import Desk, PostedDep, TrialDeskDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import MOST_NAMES, Position
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.scorecard_place import PATH, Card, open_card, says
from calltrace.web.taking_in import ONE_OF

router = APIRouter(prefix=PATH + "/{scorecard_id}")
PAGE = 20
CALLS = 50
LATEST = 25
"""Calls to try a scorecard on that the page offers."""
_FIELDS = ("version", "against", "from", "to", "agent", "queue", "limit", "mode")
_TRY_FIELDS = ("call", "externalId", "criterion")
_USUAL = Form({"limit": ["200"], "mode": ["live"]})
_REFUSED = (InvalidRequestError, NothingToEvaluateError, TooManyBatchesError)
_NUMBERS = range(1, 1_000_000_000)
CSV = "text/csv; charset=utf-8; header=present"
Above = Annotated[int, Query(ge=0, le=MOST_CALLS)]


@router.get("/backtests")
async def show_all(
    request: Request, scorecard_id: str, desk: TrialDeskDep, mode: str = "live", cursor: Position = None
) -> Response:
    """The form for a back-test, and earlier ones."""
    if mode not in MODES:
        raise NotFoundError("There is no such mode.")
    form = Form({**_USUAL.values, "mode": [mode]})
    return await _list(request, desk, scorecard_id, form, cursor=cursor)


async def _list(
    request: Request, desk: Desk, scorecard_id: str, form: Form, error: CallTraceError | None = None,
    cursor: str | None = None,
) -> Response:  # fmt: skip
    mode = cast("Mode", form.text("mode") if form.text("mode") in MODES else "live")
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        found, following = await service.page(session, BACKTEST, mode, card.id, cursor=cursor, limit=PAGE)
        items = await shown.items(session, found)
        agents = await catalog.agents_by_name(session, MOST_NAMES)
    return page(
        request, "scorecards/backtests.html", status=error.status if error else 200, card=card, form=form,
        batches=list(zip(found, items, strict=True)), following=following, mode=mode, modes=MODES,
        agents=[(str(one.id), one.name) for one in agents], most=MOST_CALLS,
        queues=[(str(one.id), one.name) for one in card.all_queues],
        live=any(one.status in {"queued", "running"} for one in found),
        mistakes=Mistakes.of(error, _FIELDS, "limit") if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/backtests")
async def begin(request: Request, scorecard_id: str, desk: TrialDeskDep, form: PostedDep) -> Response:
    """Have the calls that the form chooses judged, without changing anything of them."""
    try:
        asked = Asked(desk.who.org_id, _mode(form), _selection(form))
        version, against = _version(form, "version"), _version(form, "against")
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
            batch = await service.backtest(session, asked, card.id, version, against)
    except _REFUSED as error:
        return await _list(request, desk, scorecard_id, form, error)
    return RedirectResponse(f"{card.here}/backtests/{batch.id}?done=backtest-begun", 303)


def _mode(form: Form) -> Mode:
    if form.text("mode") not in MODES:
        raise _wrong("mode", Words("Choose live or test."))
    return cast("Mode", form.text("mode"))


def _selection(form: Form) -> Selection:
    most = _whole(
        form,
        "limit",
        range(1, MOST_CALLS + 1),
        Words("A number from 1 to %(most_calls)s.", most_calls=MOST_CALLS),
    )
    filters = Filters(
        agent_id=_id(form, "agent"), queue_id=_id(form, "queue"),
        created_from=_day(form, "from", time.min), created_to=_day(form, "to", time.max),
    )  # fmt: skip
    return Selection(None, filters, most)


def _whole(form: Form, name: str, allowed: range, detail: str) -> int:
    number = whole_number(form.text(name))
    if number is None or number not in allowed:
        raise _wrong(name, detail)
    return number


def _version(form: Form, name: str) -> int | None:
    return _whole(form, name, _NUMBERS, Words("Choose one of the versions.")) if form.text(name) else None


def _id(form: Form, name: str) -> UUID | None:
    found = as_uuid(form.text(name))
    if form.text(name) and found is None:
        raise _wrong(name, ONE_OF[name])
    return found


def _day(form: Form, name: str, moment: time) -> datetime | None:
    try:
        day = date.fromisoformat(form.text(name)) if form.text(name) else None
    except ValueError as error:
        raise _wrong(name, Words("A day, such as 2026-06-30.")) from error
    return datetime.combine(day, moment, UTC) if day else None


def _wrong(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


async def _find(session: AsyncSession, card: Card, text: str) -> Batch:
    """A back-test of either mode: the address of its page does not say which."""
    for mode in MODES[:-1]:
        try:
            return await service.find_backtest(session, card.id, path_id(text), mode)
        except NotFoundError:
            continue
    return await service.find_backtest(session, card.id, path_id(text), MODES[-1])


@router.get("/backtests/{backtest_id}")
async def show(
    request: Request, scorecard_id: str, backtest_id: str, desk: TrialDeskDep, above: Above = 0,
    criterion: str = "",
) -> Response:  # fmt: skip
    """How far a back-test is, and what it has found so far."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        batch = await _find(session, card, backtest_id)
        document = await shown.backtest(session, batch)
        found, following = await shown.calls(session, batch, above=above, limit=CALLS)
        names = {one.analysis_id: await calls.find(session, one.analysis_id) for one, *_rest in found}
    lines = [(shown.backtest_call(one), names[one[0].analysis_id]) for one in found]
    return page(
        request, "scorecards/backtest.html", card=card, batch=batch, document=document,
        results=document["results"], calls=lines,
        tried=shown.tried(found[0]) if len(found) == 1 and above == 0 else None, criterion=criterion,
        following=following, above=above, live=batch.status in {"queued", "running"},
        verdict=scorecard_words.verdict,
        changed_since=_changed_since(card, batch),
    )  # fmt: skip


def _changed_since(card: Card, batch: Batch) -> bool:
    """Whether the draft says something else now than what was tried."""
    draft, tried = card.draft, batch.document or {}
    return draft is not None and draft.version == tried["version"] and draft.document != tried


def _points(batch: Batch) -> dict[str, float]:
    sections = (batch.document or {})["sections"]
    return {one["key"]: one["points"] for section in sections for one in section["criteria"]}


@router.get("/backtests/{backtest_id}/calls.csv")
async def export(scorecard_id: str, backtest_id: str, desk: TrialDeskDep) -> Response:
    """Every call with both scores and verdicts, as one file."""
    async with desk.transaction() as session:
        batch = await _find(session, await open_card(session, scorecard_id), backtest_id)
    headers = {"Content-Disposition": attachment(f"backtest-{batch.id}", "backtest", "csv")}
    rows = table.csv_of(desk.platform.database, desk.who.org_id, batch)
    return StreamingResponse(rows, media_type=CSV, headers=headers)


@router.post("/backtests/{backtest_id}/cancel")
async def cancel(scorecard_id: str, backtest_id: str, desk: TrialDeskDep, _form: PostedDep) -> Response:
    """Judge no further call; one that has ended shows what it found."""
    done = "?done=backtest-cancelled"
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        batch = await _find(session, card, backtest_id)
        try:
            await service.cancel(session, batch)
        except BatchOverError:
            done = ""
    return RedirectResponse(f"{card.here}/backtests/{batch.id}{done}", 303)


@router.get("/try")
async def try_form(request: Request, scorecard_id: str, desk: TrialDeskDep) -> Response:
    """The latest calls, to try the draft on one of them."""
    return await _try_page(request, desk, scorecard_id, Form())


async def _try_page(
    request: Request, desk: Desk, scorecard_id: str, form: Form, error: CallTraceError | None = None
) -> Response:
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        filters = Filters(status="completed", mode="live")
        latest, _more = await calls.listed(session, filters, cursor=None, limit=LATEST)
    criteria = [(one.key, one.name) for one in says(card.working).criteria]
    return page(
        request, "scorecards/try.html", status=error.status if error else 200, card=card, form=form,
        latest=latest, criteria=criteria,
        mistakes=Mistakes.of(error, _TRY_FIELDS, "externalId") if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/try")
async def try_out(request: Request, scorecard_id: str, desk: TrialDeskDep, form: PostedDep) -> Response:
    """Have one call judged by the draft, in a worker: a back-test of a single call."""
    try:
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
            call = await _call(session, form)
            asked = Asked(desk.who.org_id, call.mode, Selection([call.id]))
            batch = await service.backtest(session, asked, card.id)
    except _REFUSED as error:
        return await _try_page(request, desk, scorecard_id, form, error)
    key = form.text("criterion")
    wanted = f"?criterion={key}" if key in _points(batch) else ""
    return RedirectResponse(f"{card.here}/backtests/{batch.id}{wanted}", 303)


async def _call(session: AsyncSession, form: Form) -> queries.Analysis:
    """The call that is named by the external id, else the one that is chosen."""
    name, chosen = form.text("externalId"), as_uuid(form.text("call"))
    if name:
        found: list[Listed] = []
        for mode in MODES:
            page_of, _more = await calls.listed(
                session, Filters(called=name, mode=mode), cursor=None, limit=1
            )
            found += page_of
        if not found:
            raise _wrong("externalId", Words("No call has this external id or file name."))
        return found[0].analysis
    if chosen is None:
        raise _wrong("call", Words("Choose a call, or write the external id of one."))
    try:
        return await calls.find(session, chosen)
    except NotFoundError as error:
        raise _wrong("call", Words("This call is there no more.")) from error
