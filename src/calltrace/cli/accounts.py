"""``calltrace orgs`` and ``keys``."""

from datetime import datetime
from typing import Annotated, Any

import typer

from calltrace.accounts import keys as keys_service
from calltrace.accounts import queries, request_secrets, service
from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import ApiKey, Organisation
from calltrace.accounts.plans import PLANS
from calltrace.accounts.tokens import FORMS
from calltrace.catalog import organisation
from calltrace.catalog.shown import organisation_as_json
from calltrace.cli.instance import Scope, in_organisation, settings_of, with_platform
from calltrace.cli.options import OrgOption, choice
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.kit import clock
from calltrace.kit.errors import UsageError
from calltrace.pipeline.context import Platform
from calltrace.scorecards import service as scorecards
from calltrace.speech.codes import known_language

orgs = typer.Typer(no_args_is_help=True, help="Organisations.")
keys = typer.Typer(no_args_is_help=True, help="API keys.")

SHIPPED = "shipped"
_TOO_LONG = 10
"""Digits of a quota that no column holds."""
CONTRACTS = tuple(FORMS)
CONTRACT_HELP = "calltrace, callcov, callcenterrate or auralytik."


@orgs.command("create")
def create_org(
    context: typer.Context,
    name: str,
    plan: Annotated[str, typer.Option(help="self_hosted, free, pro or business.")] = "self_hosted",
    as_json: JsonOption = False,
) -> None:
    """Create an organisation."""
    chosen = choice(plan.lower(), PLANS, "--plan")

    async def work(platform: Platform) -> dict[str, Any]:
        async with platform.database.operator() as session:
            made = await service.create_organisation(session, name, chosen)
            return {"id": str(made.id), "name": made.name, "plan": made.plan}

    show_one(with_platform(settings_of(context), work), as_json=as_json)


@orgs.command("set-plan")
def set_plan(context: typer.Context, org: str, plan: str, as_json: JsonOption = False) -> None:
    """Give an organisation another plan; it holds at once."""
    chosen = choice(plan.lower(), PLANS, "PLAN")

    async def work(scope: Scope) -> dict[str, Any]:
        return _plan(await service.set_plan(scope.session, scope.org_id, chosen))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@orgs.command("set-quota")
def set_quota(
    context: typer.Context,
    org: str,
    api_calls: Annotated[str | None, typer.Option(help="Calls a month, or 'plan'.")] = None,
    analyses: Annotated[str | None, typer.Option(help="Analyses a month, or 'plan'.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Agree on quotas other than the plan's; they hold at once, for this month and those to come."""
    given = {"api_calls_quota": ("--api-calls", api_calls), "analyses_quota": ("--analyses", analyses)}
    wanted = {name: _quota(text, option) for name, (option, text) in given.items() if text is not None}
    if not wanted:
        raise UsageError("Give --api-calls, --analyses or both.")

    async def work(scope: Scope) -> dict[str, Any]:
        return _plan(await service.set_quotas(scope.session, scope.org_id, wanted))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


def _quota(text: str, option: str) -> int | None:
    if text == "plan":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < _TOO_LONG):
        raise UsageError(
            f"{option} is a number of 0 to {10 ** (_TOO_LONG - 1) - 1}, or 'plan'; not {text!r}."
        )
    return int(text)


def _plan(row: Organisation) -> dict[str, Any]:
    return {
        "id": str(row.id), "name": row.name, "plan": row.plan, "apiCalls": row.api_calls_quota,
        "analyses": row.analyses_quota,
    }  # fmt: skip


@orgs.command("list")
def list_orgs(context: typer.Context, as_json: JsonOption = False) -> None:
    """List organisations."""

    async def work(platform: Platform) -> list[dict[str, Any]]:
        async with platform.database.operator() as session:
            found = await queries.organisations(session)
            return [{"id": str(one.id), "name": one.name, "plan": one.plan} for one in found]

    show_many(with_platform(settings_of(context), work), ("id", "name", "plan"), as_json=as_json)


@orgs.command("default-scorecard")
def default_scorecard(
    context: typer.Context,
    scorecard: Annotated[
        str, typer.Argument(help="Id, external id or name; 'shipped' is the one that ships.")
    ],
    org: OrgOption,
    as_json: JsonOption = False,
) -> None:
    """Hold calls against a scorecard where no queue chooses one."""

    async def work(scope: Scope) -> dict[str, Any]:
        chosen = None
        if scorecard != SHIPPED:
            chosen = (await scorecards.find(scope.session, scorecard)).row.id
        values = {"scorecard_id": chosen}
        changed = await organisation.change(scope.session, scope.org_id, OPERATOR, values)
        return organisation_as_json(*changed)

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@orgs.command("languages")
def languages(
    context: typer.Context,
    codes: Annotated[list[str], typer.Argument(help="Such as en es; 'any' for every language.")],
    org: OrgOption,
    as_json: JsonOption = False,
) -> None:
    """Say in which languages calls are: they are heard in one of these, unless it is plainly another."""
    wanted = [] if codes == ["any"] else [_spoken(one) for one in codes]

    async def work(scope: Scope) -> dict[str, Any]:
        values = {"languages": wanted}
        return organisation_as_json(*await organisation.change(scope.session, scope.org_id, OPERATOR, values))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


def _spoken(code: str) -> str:
    known = known_language(code)
    if known is None:
        raise UsageError(f"A language is a code such as en, not {code!r}.")
    return known


@keys.command("create")
def create_key(
    context: typer.Context,
    org: OrgOption,
    name: Annotated[str, typer.Option(help="What identifies the external system.")],
    contract: Annotated[str, typer.Option(help=CONTRACT_HELP)] = "calltrace",
    scopes: Annotated[list[str] | None, typer.Option("--scope", help="Repeat; none means all.")] = None,
    mode: Annotated[str, typer.Option(help="live or test.")] = "live",
    expires_at: Annotated[str | None, typer.Option(help="ISO-8601; none means permanent.")] = None,
    allow_ips: Annotated[
        list[str] | None, typer.Option("--allow-ip", help="Address or CIDR; repeat; none means anywhere.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Create an API key; its token is shown this once."""
    of = choice(contract, CONTRACTS, "--contract")
    chosen = choice(mode, ("live", "test"), "--mode")
    expiry = moment(expires_at, "--expires-at") if expires_at else None

    async def work(scope: Scope) -> dict[str, Any]:
        made = await keys_service.create(
            scope.session,
            scope.org_id,
            name=name,
            contract=of,
            wanted=scopes or (),
            mode=chosen,
            expires_at=expiry,
            allowed_ips=allow_ips or (),
        )
        return _new_key(*made, request_secrets.of_new(made[0], scope.platform.box))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@keys.command("list")
def list_keys(context: typer.Context, org: OrgOption, as_json: JsonOption = False) -> None:
    """List keys: never a token, only its prefix."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        return [_key(one) for one in await queries.keys(scope.session)]

    columns = ("id", "name", "prefix", "scopes", "mode", "expiresAt", "revokedAt", "lastUsedAt")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@keys.command("revoke")
def revoke_key(context: typer.Context, org: OrgOption, key: str, as_json: JsonOption = False) -> None:
    """Revoke a key by id, prefix or name: at once and for good."""

    async def work(scope: Scope) -> dict[str, Any]:
        return _key(await keys_service.revoke(scope.session, key))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@keys.command("rotate")
def rotate_key(context: typer.Context, org: OrgOption, key: str, as_json: JsonOption = False) -> None:
    """A new key like an old one; both are valid until the old one is revoked."""

    async def work(scope: Scope) -> dict[str, Any]:
        made = await keys_service.rotate(scope.session, key)
        return _new_key(*made, request_secrets.of_new(made[0], scope.platform.box))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


def _new_key(key: ApiKey, token: str, secret: str | None = None) -> dict[str, Any]:
    return {
        "id": str(key.id), "contract": key.contract, "prefix": key.prefix, "token": token,
        **({"hmacSecret": secret} if secret else {}),
        "scopes": key.scopes, "mode": key.mode,
        "expiresAt": clock.iso(key.expires_at) if key.expires_at else None,
    }  # fmt: skip


def _key(key: ApiKey) -> dict[str, Any]:
    times = {"expiresAt": key.expires_at, "revokedAt": key.revoked_at, "lastUsedAt": key.last_used_at}
    return {
        "id": str(key.id), "name": key.name, "contract": key.contract, "prefix": key.prefix,
        "scopes": key.scopes, "mode": key.mode,
        **{name: clock.iso(value) if value else None for name, value in times.items()},
    }  # fmt: skip


def moment(text: str, option: str) -> datetime:
    """An ISO-8601 time; without an offset it is this machine's local time.

    Raises:
        UsageError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} is an ISO-8601 time, not {text!r}.") from error
    return found if found.tzinfo else found.astimezone()
