"""``calltrace import``: campaigns, call centres, agents, chats and voice calls of another system."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from calltrace.accounts import service
from calltrace.analyses.importing import Import, Importer
from calltrace.cli.accounts import OrgOption
from calltrace.cli.instance import settings_of, with_platform
from calltrace.cli.output import JsonOption, show_one
from calltrace.dialects.auralytik.forms import Prefix, named
from calltrace.kit import strict_json
from calltrace.kit.errors import UsageError
from calltrace.pipeline.context import Platform

_PREFIXES: Mapping[str, Prefix] = {
    "callCenters": "cc", "campaigns": "camp", "executives": "exec",
    "conversations": "conv", "voiceCalls": "vc",
}  # fmt: skip


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON; docs/contracts/auralytik.md says what is in it.")],
    org: OrgOption,
    as_json: JsonOption = False,
) -> None:
    """Take over what another system knows, by its ids; the same file again changes nothing."""
    content = _read(file)

    async def work(platform: Platform) -> dict[str, Any]:
        async with platform.database.operator() as session:
            org_id = (await service.find_organisation(session, org)).id
        ids = await Importer(platform.intake, org_id, folder=file.absolute().parent).run(content)
        return {
            kind: {name: named(_PREFIXES[kind], one) for name, one in found.items()}
            for kind, found in ids.items()
        }

    made = with_platform(settings_of(context), work)
    show_one(made if as_json else {kind: len(found) for kind, found in made.items()}, as_json=as_json)


def _read(file: Path) -> Import:
    try:
        return Import.model_validate(strict_json.parse(file.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{file}: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
