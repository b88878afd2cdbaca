"""``calltrace scorecards``: scorecards as YAML files, in and out."""

import json
import sys
from typing import Annotated, Any

import typer

from calltrace.accounts.audit import OPERATOR
from calltrace.catalog import service as catalog
from calltrace.cli.accounts import OrgOption
from calltrace.cli.backtest import backtest
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.cli.scorecard_life import archive, diff, publish, unarchive
from calltrace.db.listing import everything
from calltrace.kit.errors import UsageError
from calltrace.scorecards import queries, service, shown, versions
from calltrace.scorecards.catalogue import named_scorecard, ready_scorecards, ready_text
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.schema import schema_text
from calltrace.scorecards.yaml import dump_scorecard, load_scorecard

OptionalOrg = Annotated[str | None, typer.Option("--org", help="Id or exact name of the organisation.")]
_READY = ("key", "name", "criteria", "description")

scorecards = typer.Typer(no_args_is_help=True, help="What calls are held against, as YAML files.")
for command in (publish, diff, archive, unarchive, backtest):
    scorecards.command(command.__name__)(command)


@scorecards.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A scorecard as YAML, or the key of one that ships.")],
    org: OrgOption,
    queue: Annotated[
        str | None, typer.Option(help="Hold calls of this queue against it: id, external id or name.")
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Only draft it: no call is held against it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store a scorecard; one that is there already, by the file's id or key, gets a new version."""
    wanted = named_scorecard(file)

    async def work(scope: Scope) -> dict[str, Any]:
        stored = await service.store(scope.session, scope.org_id, OPERATOR, wanted, draft=draft)
        chosen = None
        if queue is not None:
            found = await catalog.find_queue(scope.session, queue)
            changes = {"scorecard_id": stored.row.id}
            chosen = await catalog.change(scope.session, OPERATOR, catalog.QUEUES, found.id, changes)
        return {**shown.item(stored), "queueId": str(chosen.id) if chosen else None}

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@scorecards.command("export")
def export(
    context: typer.Context,
    scorecard: Annotated[str, typer.Argument(help="Id, external id or name.")],
    org: OptionalOrg = None,
    ready: Annotated[
        bool, typer.Option("--ready", help="One that ships, by its key; needs no --org.")
    ] = False,
    version: Annotated[int | None, typer.Option(help="None means the newest.", min=1)] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a scorecard as YAML that can be imported again."""
    if ready:
        _print_ready(scorecard, as_json=as_json)
        return

    async def work(scope: Scope) -> dict[str, Any]:
        stored = await service.find(scope.session, scorecard)
        if version is None:
            return stored.version.document
        return (await versions.find(scope.session, stored.row.id, str(version))).document

    document = in_organisation(settings_of(context), _needed(org), work)
    text = json.dumps(document, ensure_ascii=False) + "\n" if as_json else _yaml(document)
    sys.stdout.write(text)


@scorecards.command("list")
def list_all(
    context: typer.Context,
    org: OptionalOrg = None,
    ready: Annotated[bool, typer.Option("--ready", help="Those that ship; needs no --org.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the scorecards of an organisation, newest first, or those that ship."""
    if ready:
        show_many([_ready_item(one) for one in ready_scorecards().values()], _READY, as_json=as_json)
        return

    async def work(scope: Scope) -> list[dict[str, Any]]:
        found = await everything(scope.session, queries.scorecards, lambda stored: stored.row)
        return [shown.item(stored) for stored in found]

    columns = (
        "id",
        "name",
        "key",
        "version",
        "status",
        "draftVersion",
        "isDefault",
        "externalId",
        "createdAt",
    )
    show_many(in_organisation(settings_of(context), _needed(org), work), columns, as_json=as_json)


@scorecards.command("schema")
def schema() -> None:
    """Print the JSON schema of scorecard files, for editors."""
    sys.stdout.write(schema_text())


def _ready_item(scorecard: Scorecard) -> dict[str, Any]:
    return {
        "key": scorecard.key, "name": scorecard.name, "criteria": len(scorecard.criteria),
        "description": scorecard.description, "id": str(scorecard.id), "version": scorecard.version,
    }  # fmt: skip


def _print_ready(key: str, *, as_json: bool) -> None:
    text = ready_text(key)
    sys.stdout.write(load_scorecard(text).model_dump_json() + "\n" if as_json else text)


def _needed(org: str | None) -> str:
    if org is None:
        raise UsageError("--org is missing: name the organisation, or ask for what ships by --ready.")
    return org


def _yaml(document: dict[str, Any]) -> str:
    return dump_scorecard(Scorecard.model_validate(document))
