"""``/admin/integrations/api-keys`` (acceptance CT-001 to CT-017)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import keys, queries, request_secrets
from calltrace.accounts.models import ApiKey, Contract, Mode
from calltrace.accounts.scopes import SCOPES, SCOPES_OF
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.web import once
from calltrace.web.deps import Desk, DeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.home import INTEGRATIONS
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.scopes import RECOMMENDED, SCOPE_TEXTS

PATH = f"{INTEGRATIONS}/api-keys"
router = APIRouter(prefix=PATH)
CONTRACTS: Mapping[str, str] = {"calltrace": "Call Trace", "callcenterrate": "Call Center Rate"}
"""Whose paths a key can be made for here, and what they are called."""
_FIELDS = ("contract", "name", "scopes", "mode", "lifetime", "expiresAt", "allowedIps")
_BLANK = Form({"scopes": list(RECOMMENDED), "mode": ["live"], "lifetime": ["permanent"]})
_LAST_SECOND = time(23, 59, 59)


@router.get("")
async def show(request: Request, desk: DeskDep) -> Response:
    """All keys: those that open something, then those that do not any more."""
    async with desk.transaction() as session:
        found = await queries.keys(session)
    now = clock.now()
    active = [key for key in found if _opens(key, now)]
    ended = [key for key in found if not _opens(key, now)]
    return page(request, "keys/list.html", active=active, ended=ended, now=now)


def _opens(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


@router.get("/new")
async def form(request: Request, desk: DeskDep) -> Response:
    """The form for a new key."""
    return _form(request, desk, _BLANK)


def _form(request: Request, desk: Desk, filled: Form, error: CallTraceError | None = None) -> Response:
    return page(
        request, "keys/new.html", status=error.status if error else 200, form=filled, scopes=SCOPE_TEXTS,
        mistakes=Mistakes.of(error, _FIELDS) if error else NO_MISTAKES, once=once.ticket(desk.who),
        today=clock.now().date().isoformat(), contracts=CONTRACTS.items(),
    )  # fmt: skip


@router.post("/new")
async def create(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Create a key and show its token, this once (acceptance CT-007): a reload makes no second one."""
    try:
        wanted = _wanted(form)
        await once.use(desk.platform.database, desk.who, form.exact("once"))
        async with desk.transaction() as session:
            made = await keys.create(session, desk.who.org_id, **wanted.arguments(), actor=desk.actor)
    except InvalidRequestError as error:
        return _form(request, desk, form, error)
    return _created(request, *made)


def _created(
    request: Request, key: ApiKey, token: str, old: ApiKey | None = None, secret: str | None = None
) -> Response:
    return page(request, "keys/created.html", status=201, key=key, token=token, old=old, hmac_secret=secret)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key as the form describes it."""

    name: str
    contract: Contract
    scopes: Sequence[str]
    mode: Mode
    expires_at: datetime | None
    allowed_ips: Sequence[str]

    def arguments(self) -> dict[str, Any]:
        """For the service."""
        return {
            "name": self.name, "contract": self.contract, "wanted": self.scopes,
            "mode": self.mode, "expires_at": self.expires_at, "allowed_ips": self.allowed_ips,
        }  # fmt: skip


def _wanted(form: Form) -> Wanted:
    """What the form asks for. Nothing is granted that was not chosen (acceptance CT-005, CT-006)."""
    contract = form.text("contract") or "calltrace"
    if contract not in CONTRACTS:
        raise _wrong("contract", Words("Choose one of these."))
    scoped = bool(SCOPES_OF[cast("Contract", contract)])
    scopes = form.every("scopes") if scoped else ()
    if scoped and not scopes:
        raise _wrong("scopes", Words("Choose at least one scope."))
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise _wrong("scopes", Words("There is no scope %(unknown)s.", unknown=", ".join(unknown)))
    mode = form.text("mode") if scoped else "live"
    if mode not in {"live", "test"}:
        raise _wrong("mode", Words("Choose live or test."))
    expires_at = _expiry(form)
    return Wanted(
        form.text("name"), cast("Contract", contract), scopes, cast("Mode", mode), expires_at,
        form.lines("allowedIps"),
    )  # fmt: skip


def _expiry(form: Form) -> datetime | None:
    """The end of the chosen day in UTC; ``None`` for a permanent key."""
    lifetime = form.text("lifetime")
    if lifetime == "permanent":
        return None
    if lifetime != "date":
        raise _wrong("lifetime", Words("Choose how long the key is good for."))
    try:
        moment = datetime.combine(date.fromisoformat(form.text("expiresAt")), _LAST_SECOND, UTC)
    except ValueError as error:
        raise _wrong("expiresAt", Words("Write the last day as YYYY-MM-DD.")) from error
    if moment <= clock.now():
        raise _wrong("expiresAt", Words("Choose today or a later day."))
    return moment


def _wrong(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


@router.get("/{key_id}/revoke")
async def ask_revoke(request: Request, key_id: str, desk: DeskDep) -> Response:
    """Whether it is really meant: it cannot be undone."""
    return page(request, "keys/revoke.html", key=await _find(desk, key_id))


@router.post("/{key_id}/revoke")
async def revoke(key_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Revoke a key: the very next request with it is refused (acceptance CT-012, CT-015)."""
    async with desk.transaction() as session:
        await keys.revoke(session, str(path_id(key_id)), desk.actor)
    return RedirectResponse(f"{PATH}?done=key-revoked", 303)


@router.get("/{key_id}/rotate")
async def ask_rotate(request: Request, key_id: str, desk: DeskDep) -> Response:
    """What rotating does."""
    key = await _find(desk, key_id)
    return page(request, "keys/rotate.html", key=key, once=once.ticket(desk.who))


@router.post("/{key_id}/rotate")
async def rotate(request: Request, key_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """A second key like the first, shown this once; both are good until the old one is revoked (CT-017)."""
    old = await _find(desk, key_id)
    await once.use(desk.platform.database, desk.who, form.exact("once"))
    async with desk.transaction() as session:
        key, token = await keys.rotate(session, str(old.id), desk.actor)
        secret = request_secrets.of_new(key, desk.platform.box)
    return _created(request, key, token, old, secret)


async def _find(desk: Desk, key_id: str) -> ApiKey:
    async with desk.transaction() as session:
        return await keys.find(session, str(path_id(key_id)))
