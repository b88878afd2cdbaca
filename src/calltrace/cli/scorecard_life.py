"""``calltrace scorecards publish``, ``diff``, ``archive`` and ``unarchive``."""

import json
from typing import Annotated, Any

import typer

from calltrace.accounts.audit import OPERATOR
from calltrace.catalog.assignment import archive_scorecard, unarchive_scorecard
from calltrace.cli.accounts import OrgOption
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.scorecards import drafts, service, shown, versions
from calltrace.scorecards.diff import difference

ScorecardArgument = Annotated[str, typer.Argument(help="Id, external id or name.")]
NumberArgument = Annotated[int, typer.Argument(min=1)]
Row = dict[str, Any]


def publish(
    context: typer.Context,
    scorecard: ScorecardArgument,
    version: Annotated[int, typer.Argument(help="The draft's number.", min=1)],
    org: OrgOption,
    replaces: Annotated[
        int | None, typer.Option(help="The newest published version, if the draft is older than that.", min=1)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold calls against a draft from now on."""

    async def work(scope: Scope) -> Row:
        row = (await service.find(scope.session, scorecard)).row
        found = await drafts.publish(scope.session, OPERATOR, row.id, str(version), replaces)
        return {"id": str(row.id), **shown.version_item(found)}

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


def diff(
    context: typer.Context,
    scorecard: ScorecardArgument,
    before: NumberArgument,
    after: NumberArgument,
    org: OrgOption,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two versions, drafts included."""

    async def work(scope: Scope) -> Row:
        row = (await service.find(scope.session, scorecard)).row
        old, new = [await versions.find(scope.session, row.id, str(one)) for one in (before, after)]
        return {"before": before, "after": after, **difference(old.document, new.document)}

    found = in_organisation(settings_of(context), org, work)
    if as_json:
        show_one(found, as_json=True)
    else:
        show_many(_lines(found), ("what", "field", "before", "after"), as_json=False)


def _lines(found: Row) -> list[Row]:
    """A line for each field that differs, and for what one side has alone."""
    lines = [_line("scorecard", one) for one in found["scorecard"]]
    for kind, by in (("sections", "name"), ("criteria", "key")):
        part = found[kind]
        lines += [_line(one[by], field) for one in part["changed"] for field in one["fields"]]
        lines += [{"what": one[by], "field": "added", "after": one["name"]} for one in part["added"]]
        lines += [{"what": one[by], "field": "removed", "before": one["name"]} for one in part["removed"]]
    return lines


def _line(what: str, field: Row) -> Row:
    return {
        "what": what,
        "field": field["field"],
        **{side: _short(field[side]) for side in ("before", "after")},
    }


def _short(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def archive(
    context: typer.Context, scorecard: ScorecardArgument, org: OrgOption, as_json: JsonOption = False
) -> None:
    """Put a scorecard away that nothing chooses; evaluations keep it."""

    async def work(scope: Scope) -> Row:
        row = (await service.find(scope.session, scorecard)).row
        return shown.item(await archive_scorecard(scope.session, OPERATOR, row.id))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


def unarchive(
    context: typer.Context, scorecard: ScorecardArgument, org: OrgOption, as_json: JsonOption = False
) -> None:
    """Take a scorecard up again."""

    async def work(scope: Scope) -> Row:
        row = (await service.find(scope.session, scorecard)).row
        return shown.item(await unarchive_scorecard(scope.session, OPERATOR, row.id))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)
