"""``calltrace audit``: who did what."""

from typing import Annotated, Any

import typer

from calltrace.accounts import queries
from calltrace.accounts.models import AuditEntry
from calltrace.cli.accounts import OrgOption
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many
from calltrace.kit import clock

audit = typer.Typer(no_args_is_help=True, help="The audit trail: who did what, and when.")


@audit.callback()
def group() -> None:
    """Keep the one command there is under its name."""


@audit.command("list")
def list_entries(
    context: typer.Context,
    org: OrgOption,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List the newest entries, newest first."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        return [_entry(one) for one in await queries.audit_entries(scope.session, None, limit)]

    columns = ("createdAt", "actorKind", "actor", "action", "targetId", "details", "address")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": str(entry.id), "createdAt": clock.iso(entry.created_at), "actorKind": entry.actor_kind,
        "actorId": str(entry.actor_id) if entry.actor_id else None, "actor": entry.actor,
        "action": entry.action, "targetId": entry.target_id, "details": entry.details,
        "address": entry.address, "requestId": entry.request_id,
    }  # fmt: skip
