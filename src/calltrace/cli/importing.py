"""``calltrace import``: what another system knows: campaigns, people, chats, voice calls, surveys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from calltrace.accounts import service
from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import survey_files
from calltrace.analyses.importing import Import, Importer
from calltrace.analyses.survey_files import Imported
from calltrace.cli.accounts import OrgOption
from calltrace.cli.instance import settings_of, with_platform
from calltrace.cli.output import JsonOption, say, show_one
from calltrace.dialects.auralytik.forms import Prefix, named
from calltrace.kit import strict_json
from calltrace.kit.errors import InvalidRequestError, UsageError
from calltrace.pipeline.context import Platform

_PREFIXES: Mapping[str, Prefix] = {
    "callCenters": "cc", "campaigns": "camp", "executives": "exec", "engagements": "eng",
    "conversations": "conv", "voiceCalls": "vc",
}  # fmt: skip


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON, as docs/contracts/auralytik.md has it; or: surveys.")],
    org: OrgOption,
    surveys: Annotated[
        Path | None, typer.Argument(metavar="[FILE.csv]", help="After `surveys`: one survey a line.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take over what another system knows, by its ids; the same file again changes nothing.

    `calltrace import FILE.json` takes campaigns, call centres, people, engagements, chats and voice calls;
    `calltrace import surveys FILE.csv` what customers answered after calls: all of a file, or nothing.
    """
    if surveys is None:
        _import_all(context, file, org, as_json=as_json)
    elif str(file) == "surveys":
        _import_surveys(context, surveys, org, as_json=as_json)
    else:
        raise UsageError(f"{file} is nothing that a file can be imported as; there is: surveys.")


def _import_all(context: typer.Context, file: Path, org: str, *, as_json: bool) -> None:
    content, folder = _read(file), file.absolute().parent

    async def work(platform: Platform) -> dict[str, Any]:
        async with platform.database.operator() as session:
            org_id = (await service.find_organisation(session, org)).id
        ids = await Importer(platform.intake, org_id, folder=folder).run(content)
        return {
            kind: {name: named(_PREFIXES[kind], one) for name, one in found.items()}
            for kind, found in ids.items()
        }

    made = with_platform(settings_of(context), work)
    show_one(made if as_json else {kind: len(found) for kind, found in made.items()}, as_json=as_json)


def _import_surveys(context: typer.Context, file: Path, org: str, *, as_json: bool) -> None:
    try:
        content = file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error}") from error

    async def work(platform: Platform) -> Imported:
        async with platform.database.operator() as session:
            org_id = (await service.find_organisation(session, org)).id
        return await survey_files.take(platform.database, org_id, OPERATOR, "live", content)

    with content:
        try:
            made = with_platform(settings_of(context), work)
        except InvalidRequestError as error:
            for one in error.errors:
                say(one.detail)
            raise
    show_one({"created": made.created, "updated": made.updated}, as_json=as_json)


def _read(file: Path) -> Import:
    try:
        return Import.model_validate(strict_json.parse(file.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{file}: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
