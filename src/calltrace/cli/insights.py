"""``calltrace insights``: the sums that answer questions over past calls."""

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calltrace.cli.instance import settings_of, with_platform
from calltrace.cli.output import JsonOption, say, show_one

if TYPE_CHECKING:
    from calltrace.pipeline.context import Platform

insights = typer.Typer(no_args_is_help=True, help="Totals and trends of calls.")
_EVERY = 20
"""How many pieces of work go by without a word."""


@insights.callback()
def about() -> None:
    """Keep the name of the one command that there is."""


@insights.command("rebuild")
def rebuild(
    context: typer.Context,
    after: Annotated[
        str, typer.Option(help="Go on after this call, as the rebuild that ended early said.")
    ] = str(uuid.UUID(int=0)),
    as_json: JsonOption = False,
) -> None:
    """Hold what is counted of every call, and all sums, against the calls, and put right what is wrong.

    It may be ended at any time and run again; questions are answered from the calls themselves meanwhile.
    """
    above = _call(after)

    async def work(platform: "Platform") -> dict[str, Any]:
        from calltrace.insights import rollup

        looked, wrong, last = 0, 0, above
        while (found := await rollup.refresh(platform.database, last))[0] is not None:
            last, looked, wrong = found[0] or last, looked + found[2], wrong + found[1]
            if looked // rollup.REFRESHED % _EVERY == 0:
                say(f"{looked} calls looked at; the last one was {last}")
        say("adding up")
        await rollup.distrust(platform.database)
        sums = await rollup.keep_up(platform.database)
        return {"calls": looked, "callsPutRight": wrong, "sumsPutRight": sums}

    show_one(with_platform(settings_of(context), work), as_json=as_json)


def _call(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no id of a call.", param_hint="--after") from error
