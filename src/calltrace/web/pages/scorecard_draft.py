"""``/scorecards/{id}/edit`` and ``/yaml``: a draft built by forms, or written.

Every step is a form that is saved to the draft. Each carries the stamp of what its page showed: if somebody
else saved meanwhile, nothing is written, and a page shows what both did.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Literal, cast

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import queries as accounts
from calltrace.db.base import Json
from calltrace.kit.errors import CallTraceError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words
from calltrace.scorecards import drafts, edits
from calltrace.scorecards.acts import ACTS_BY_SIDE
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import DraftChangedError
from calltrace.scorecards.yaml import dump_scorecard, load_scorecard
from calltrace.web import criterion_form, scorecard_words
from calltrace.web.deps import Desk, EditorDeskDep, PostedDocumentDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.scorecards import REFUSED_TEXT
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.scorecard_diff import compared
from calltrace.web.scorecard_place import PATH, Card, open_card, says
from calltrace.web.scorecard_text import faults
from calltrace.web.scorecard_words import describe, names_of

router = APIRouter(prefix=PATH + "/{scorecard_id}")
Change = Callable[[Json], Json]
_OWN = ("csrf", "seen")
_SETTINGS = ("name", "description", "passMark", "reviewThreshold", "criticalThreshold")


class _WrongError(CallTraceError):
    """What was typed is no scorecard; the page shows the mistakes."""

    code = "invalid_scorecard"
    status = 422
    title = "The scorecard is not valid"

    def __init__(self, mistakes: Mistakes) -> None:
        super().__init__(Words("The scorecard is not valid."))
        self.mistakes = mistakes


@router.get("/yaml")
async def yaml_form(request: Request, scorecard_id: str, desk: EditorDeskDep) -> Response:
    """The draft as a text."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    text = await asyncio.to_thread(dump_scorecard, says(card.working))
    return _yaml_page(request, card, text, card.seen)


def _yaml_page(
    request: Request, card: Card, text: str, seen: str, error: CallTraceError | None = None
) -> Response:
    return page(
        request, "scorecards/yaml.html", status=error.status if error else 200, card=card, text=text,
        seen=seen, faults=faults(error, text) if error else [],
    )  # fmt: skip


@router.post("/yaml")
async def save_yaml(
    request: Request, scorecard_id: str, desk: EditorDeskDep, form: PostedDocumentDep
) -> Response:
    """What was written becomes the draft."""
    text = form.exact("text")
    try:
        wanted = await asyncio.to_thread(load_scorecard, text)  # a big one takes a second
        return await _save(request, desk, scorecard_id, form, lambda _document: wanted)
    except REFUSED_TEXT as error:
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
        return _yaml_page(request, card, text, form.exact("seen"), error)


async def _save(
    request: Request, desk: Desk, scorecard_id: str, form: Form, change: Callable[[Json], Scorecard]
) -> Response:
    """Save a change of the draft, and go back to where it was made."""
    try:
        async with desk.transaction() as session:
            card = await open_card(session, scorecard_id)
            drafts.check_seen(card.working, form.exact("seen"))
            wanted = change(card.working.document)
            await drafts.save(session, desk.actor, card.id, wanted, seen=form.exact("seen"))
    except DraftChangedError as error:
        return await _conflict(request, desk, scorecard_id, form, change, error)
    where = "yaml" if request.url.path.endswith("/yaml") else "edit"
    return RedirectResponse(f"{card.here}/{where}?done=draft-saved", 303)


async def _conflict(
    request: Request, desk: Desk, scorecard_id: str, form: Form, change: Callable[[Json], Scorecard],
    error: DraftChangedError,
) -> Response:  # fmt: skip
    """What somebody else saved, what this change makes of it, and the way to go on with either."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
        deeds = await accounts.deeds_on(session, card.id, "scorecard.", 1)
    try:
        mine = change(card.working.document)
        document = mine.model_copy(update={"id": card.id, "version": card.working.version})
        difference, wrong = compared(card.working.document, document.model_dump(mode="json")), None
    except (_WrongError, NotFoundError) as trouble:
        difference, wrong = None, trouble
    kept = {name: values for name, values in form.values.items() if name not in _OWN}
    return page(
        request, "scorecards/conflict.html", status=error.status, card=card, error=error, kept=kept,
        deed=deeds[0] if deeds else None, difference=difference, wrong=wrong,
    )  # fmt: skip


@router.get("/edit")
async def builder(request: Request, scorecard_id: str, desk: EditorDeskDep) -> Response:
    """The draft: its settings, its sections, its criteria, and what can be done with each."""
    return await _builder(request, desk, scorecard_id)


async def _builder(
    request: Request,
    desk: Desk,
    scorecard_id: str,
    form: Form | None = None,
    mistakes: Mistakes = NO_MISTAKES,
) -> Response:
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    scorecard = says(card.working)
    names = names_of(scorecard)
    return page(
        request, "scorecards/edit.html", status=422 if mistakes.summary else 200, card=card,
        scorecard=scorecard, form=form or _filled(card.working.document), mistakes=mistakes,
        seen=form.exact("seen") if form else card.seen, kinds=scorecard_words.KINDS,
        words={one.key: describe(one, names) for one in scorecard.criteria},
    )  # fmt: skip


def _filled(document: Json) -> Form:
    values = {name: [_text(document.get(name))] for name in _SETTINGS}
    values["languages"] = [" ".join(document["languages"])]
    for number, section in enumerate(document["sections"]):
        values[f"sections.{number}.name"] = [section["name"]]
        values[f"sections.{number}.weight"] = [_text(section["weight"])]
    return Form(values)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value or "")


@router.post("/edit")
async def step(request: Request, scorecard_id: str, desk: EditorDeskDep, form: PostedDocumentDep) -> Response:
    """One step: settings saved, or a section or criterion moved or removed."""
    change = _settings(form) if form.text("step") in {"", "settings"} else _move(form.text("step"))
    try:
        return await _save(request, desk, scorecard_id, form, lambda old: _valid(change(old)))
    except (_WrongError, InvalidRequestError) as error:
        mistakes = error.mistakes if isinstance(error, _WrongError) else Mistakes.of(error, _SETTINGS)
        filled = form if form.text("step") in {"", "settings"} else None
        return await _builder(request, desk, scorecard_id, filled, mistakes)


def _valid(document: Json, place: tuple[int, int] | None = None) -> Scorecard:
    found, mistakes = criterion_form.checked(document, place)
    if found is None:
        raise _WrongError(mistakes)
    return found


def _settings(form: Form) -> Change:
    def change(document: Json) -> Json:
        values = {name: form.text(name) for name in _SETTINGS}
        sections = [
            {
                **section, "name": form.text(f"sections.{number}.name") or section["name"],
                "weight": form.text(f"sections.{number}.weight") or None,
            }
            for number, section in enumerate(document["sections"])
        ]  # fmt: skip
        codes = [code.lower() for code in form.lines("languages")]
        return {**document, **values, "languages": codes, "sections": sections}

    return change


def _move(wanted: str) -> Change:
    """What a button beside a section or a criterion asks for: ``up:key``, ``section-remove:2``.

    Raises:
        NotFoundError: nothing that a page of ours has a button for.
    """
    verb, _, target = wanted.partition(":")
    number = int(target) if target.isascii() and target.isdigit() and len(target) < 4 else -1  # noqa: PLR2004 - at most 50
    way = cast("Literal['up', 'down']", verb.removeprefix("section-"))
    match verb:
        case "up" | "down":
            return lambda document: edits.moved(document, target, way)
        case "remove":
            return lambda document: edits.removed(document, target)
        case "section-up" | "section-down":
            return lambda document: edits.section_moved(document, number, way)
        case "section-remove":
            return lambda document: edits.section_removed(document, number)
        case _:
            raise NotFoundError("There is no such step.")


@router.get("/edit/new")
async def new_criterion(
    request: Request, scorecard_id: str, desk: EditorDeskDep, kind: str = "said", section: str = ""
) -> Response:
    """The form for a criterion of a kind."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    if kind not in criterion_form.BLANKS:
        raise NotFoundError("There is no such kind of criterion.")
    blank: Json = {"points": 10, "check": {"kind": kind, **criterion_form.BLANKS[kind]}}
    return _criterion_page(request, card, None, blank, section, card.seen)


@router.post("/edit/new")
async def add_criterion(
    request: Request, scorecard_id: str, desk: EditorDeskDep, form: PostedDocumentDep
) -> Response:
    """Add it to the draft."""
    return await _criterion(request, desk, scorecard_id, None, form)


@router.get("/edit/criteria/{key}")
async def edit_criterion(request: Request, scorecard_id: str, key: str, desk: EditorDeskDep) -> Response:
    """The form of a criterion."""
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    i, j = edits.place_of(card.working.document, key)
    section = card.working.document["sections"][i]
    return _criterion_page(request, card, key, section["criteria"][j], section["name"], card.seen)


@router.post("/edit/criteria/{key}")
async def save_criterion(
    request: Request, scorecard_id: str, key: str, desk: EditorDeskDep, form: PostedDocumentDep
) -> Response:
    """Change it in the draft."""
    return await _criterion(request, desk, scorecard_id, key, form)


async def _criterion(
    request: Request, desk: Desk, scorecard_id: str, key: str | None, form: Form
) -> Response:
    """Save what was typed; or only show it again, with a row more or less."""
    wanted = criterion_form.typed(form)
    section = form.text("newSection") or form.text("section")
    mistakes, wish = NO_MISTAKES, form.text("step")
    if wish.startswith("drop:"):
        wanted = criterion_form.without(wanted, wish.removeprefix("drop:"))
    elif wish != "more":
        try:
            return await _save(
                request, desk, scorecard_id, form, lambda old: _with(old, key, wanted, section, form)
            )
        except _WrongError as error:
            mistakes = error.mistakes
        except InvalidRequestError as error:
            mistakes = Mistakes.of(error, ())
    async with desk.transaction() as session:
        card = await open_card(session, scorecard_id)
    return _criterion_page(request, card, key, wanted, section, form.exact("seen"), mistakes=mistakes)


def _with(document: Json, key: str | None, criterion: Json, section: str, form: Form) -> Scorecard:
    if not section:
        detail = Words("Choose a section, or name a new one.")
        raise _WrongError(Mistakes([("section", detail)], {"section": detail}))
    made = edits.put(document, key, criterion, section, form.text("sectionWeight") or None)
    places = [
        (i, j) for i, one in enumerate(made["sections"]) for j, each in enumerate(one["criteria"])
        if each is criterion
    ]  # fmt: skip
    return _valid(made, places[0])


def _criterion_page(
    request: Request, card: Card, key: str | None, criterion: Json, section: str, seen: str, *,
    mistakes: Mistakes = NO_MISTAKES,
) -> Response:  # fmt: skip
    document = card.working.document
    sections = [one["name"] for one in document["sections"]]
    kind = criterion_form.at(criterion, "check.kind")
    if kind not in criterion_form.BLANKS:
        raise NotFoundError("There is no such kind of criterion.")
    return page(
        request, "scorecards/criterion.html", status=422 if mistakes.summary else 200, card=card, key=key,
        value=partial(criterion_form.at, criterion), kind=kind, kinds=scorecard_words.KINDS,
        section=section, sections=sections, seen=seen, mistakes=mistakes, acts=ACTS_BY_SIDE,
        act=scorecard_words.act, metrics=scorecard_words.METRICS, sensitive=scorecard_words.SENSITIVE,
        weighted=document["sections"][0]["weight"] is not None,
        others=[
            (one["key"], one["name"]) for part in document["sections"] for one in part["criteria"]
            if one["key"] != key
        ],
    )  # fmt: skip
