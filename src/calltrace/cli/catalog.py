"""``calltrace agents``, ``queues``, ``projects``, ``call-centers`` and ``engagements``."""

from typing import Annotated, Any

import typer

from calltrace.accounts.audit import OPERATOR
from calltrace.catalog import service
from calltrace.catalog.service import AGENTS, CALL_CENTERS, ENGAGEMENTS, PROJECTS, QUEUES, Kind
from calltrace.catalog.shown import as_json as shown
from calltrace.cli.accounts import OrgOption
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.db.listing import everything
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.scorecards import service as scorecards

agents = typer.Typer(no_args_is_help=True, help="People who take calls.")
projects = typer.Typer(no_args_is_help=True, help="Labels for recordings that belong together.")
call_centers = typer.Typer(no_args_is_help=True, help="Sites where calls are taken.")
engagements = typer.Typer(no_args_is_help=True, help="Pieces of work with customers that group calls.")
queues = typer.Typer(no_args_is_help=True, help="Where calls come in; a queue chooses the scorecard.")

IdArgument = Annotated[str, typer.Argument(metavar="ID")]
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


@projects.command("create")
def create_project(
    context: typer.Context,
    name: str,
    org: OrgOption,
    external_id: ExternalIdOption = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a project."""

    async def work(scope: Scope) -> dict[str, Any]:
        values = {"name": name, "external_id": external_id, "description": description}
        return shown(await service.create(scope.session, scope.org_id, OPERATOR, PROJECTS, values))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@call_centers.command("create")
def create_call_center(
    context: typer.Context,
    name: str,
    org: OrgOption,
    external_id: ExternalIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a call centre."""

    async def work(scope: Scope) -> dict[str, Any]:
        values = {"name": name, "external_id": external_id}
        return shown(await service.create(scope.session, scope.org_id, OPERATOR, CALL_CENTERS, values))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@engagements.command("create")
def create_engagement(
    context: typer.Context,
    name: str,
    org: OrgOption,
    kind: Annotated[str, typer.Option("--type", help="What sort of work it is.")] = "general",
    external_id: ExternalIdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an engagement."""

    async def work(scope: Scope) -> dict[str, Any]:
        values = {"name": name, "kind": kind, "external_id": external_id}
        return shown(await service.create(scope.session, scope.org_id, OPERATOR, ENGAGEMENTS, values))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


def _add_list(group: typer.Typer, kind: Kind[Any], *columns: str) -> None:
    @group.command("list", help=f"List {kind.noun}s, newest first.")
    def list_all(context: typer.Context, org: OrgOption, as_json: JsonOption = False) -> None:
        async def work(scope: Scope) -> list[dict[str, Any]]:
            return [shown(one) for one in await everything(scope.session, kind.page, lambda row: row)]

        shown_columns = ("id", "name", "externalId", *columns, "createdAt")
        show_many(in_organisation(settings_of(context), org, work), shown_columns, as_json=as_json)

    del list_all  # the group has it


def _add_archive(group: typer.Typer, kind: Kind[Any]) -> None:
    def put(context: typer.Context, row_id: str, org: str, *, archived: bool, as_json: bool) -> None:
        async def work(scope: Scope) -> dict[str, Any]:
            found = as_uuid(row_id)
            if found is None:
                raise NotFoundError(f"There is no {kind.noun} with this id.")
            return shown(await service.change(scope.session, OPERATOR, kind, found, {"archived": archived}))

        show_one(in_organisation(settings_of(context), org, work), as_json=as_json)

    @group.command("archive", help=f"Put a {kind.noun} away: it is kept, and offered in no menu.")
    def archive(
        context: typer.Context, row_id: IdArgument, org: OrgOption, as_json: JsonOption = False
    ) -> None:
        put(context, row_id, org, archived=True, as_json=as_json)

    @group.command("unarchive", help=f"Take a {kind.noun} out again.")
    def unarchive(
        context: typer.Context, row_id: IdArgument, org: OrgOption, as_json: JsonOption = False
    ) -> None:
        put(context, row_id, org, archived=False, as_json=as_json)

    del archive, unarchive  # the group has them


_add_list(agents, AGENTS)
_add_list(queues, QUEUES, "scorecardId", "archivedAt")
_add_list(projects, PROJECTS, "archivedAt")
_add_list(call_centers, CALL_CENTERS)
_add_list(engagements, ENGAGEMENTS, "type", "status")
_add_archive(queues, QUEUES)
_add_archive(projects, PROJECTS)
