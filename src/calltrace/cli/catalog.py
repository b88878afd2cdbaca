"""``calltrace agents`` and ``queues``."""

from typing import Annotated, Any

import typer

from calltrace.accounts.audit import OPERATOR
from calltrace.catalog import service
from calltrace.catalog.service import AGENTS, QUEUES
from calltrace.catalog.shown import as_json as shown
from calltrace.cli.accounts import OrgOption
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.db.listing import everything
from calltrace.scorecards import service as scorecards

agents = typer.Typer(no_args_is_help=True, help="People who take calls.")
queues = typer.Typer(no_args_is_help=True, help="Where calls come in; a queue chooses the scorecard.")

ExternalIdOption = Annotated[str | None, typer.Option(help="Your own identifier of it.")]


@agents.command("create")
def create_agent(
    context: typer.Context,
    name: str,
    org: OrgOption,
    external_id: ExternalIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an agent."""

    async def work(scope: Scope) -> dict[str, Any]:
        values = {"name": name, "external_id": external_id}
        return shown(await service.create(scope.session, scope.org_id, OPERATOR, AGENTS, values))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@queues.command("create")
def create_queue(
    context: typer.Context,
    name: str,
    org: OrgOption,
    external_id: ExternalIdOption = None,
    scorecard: Annotated[
        str | None, typer.Option(help="Id, external id or name; none means the one that ships.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a queue."""

    async def work(scope: Scope) -> dict[str, Any]:
        values: dict[str, Any] = {"name": name, "external_id": external_id}
        if scorecard is not None:
            values["scorecard_id"] = (await scorecards.find(scope.session, scorecard)).row.id
        return shown(await service.create(scope.session, scope.org_id, OPERATOR, QUEUES, values))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@agents.command("list")
def list_agents(context: typer.Context, org: OrgOption, as_json: JsonOption = False) -> None:
    """List agents, newest first."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        return [shown(one) for one in await everything(scope.session, AGENTS.page, lambda row: row)]

    columns = ("id", "name", "externalId", "createdAt")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@queues.command("list")
def list_queues(context: typer.Context, org: OrgOption, as_json: JsonOption = False) -> None:
    """List queues, newest first."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        return [shown(one) for one in await everything(scope.session, QUEUES.page, lambda row: row)]

    columns = ("id", "name", "externalId", "scorecardId", "createdAt")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)
