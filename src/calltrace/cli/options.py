"""Options that several commands share."""

from typing import Annotated, Any

import typer

from calltrace.kit.errors import UsageError

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]
OrgOption = Annotated[str, typer.Option("--org", help="Id or exact name of the organisation.")]


def choice(value: str, choices: tuple[Any, ...], option: str) -> Any:
    """One of several words.

    Raises:
        UsageError: another one.
    """
    if value not in choices:
        raise UsageError(f"{option} is one of {', '.join(choices)}, not {value!r}.")
    return value
