"""``calltrace``: the command line. A failure is one clear line on stderr, never a traceback."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any

import typer

from calltrace import __version__
from calltrace.kit import logs
from calltrace.kit.errors import CallTraceError, UsageError
from calltrace.kit.garbage import uncollected
from calltrace.settings import load_settings

EXIT_FAILED, EXIT_USAGE = 1, 2

app = typer.Typer(
    name="calltrace", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Call Trace: from a recorded call to a signed, evidenced score.",
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"calltrace {__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Read the settings once for every command, whose log goes to stderr: stdout is for results."""
    del debug, version
    settings = load_settings()
    logs.configure("warning", settings.log_format)  # a service asks for more of itself
    context.obj = settings


def run() -> None:
    """Run the command line; exit status 0 done, 1 the work failed, 2 bad usage."""
    with uncollected():
        _register(sys.argv[1:])
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def _guarded(call: Callable[[], Any]) -> int:
    try:
        result = call()
    except typer.TyperException as error:
        message = error.format_message()  # empty after the help page of a bare command
        return _complain(message, EXIT_USAGE) if message else EXIT_USAGE
    except (typer.Abort, KeyboardInterrupt):
        return EXIT_FAILED
    except CallTraceError as error:
        if "--debug" in sys.argv:
            raise
        return _complain(error.detail, EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED)
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        return _complain(f"{type(error).__name__}: {error} (--debug shows more)", EXIT_FAILED)
    return result if isinstance(result, int) else 0


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"calltrace: {' '.join(message.split())}\n")
    return code


COMMANDS = {
    "up": "up", "migrate": "up", "serve": "serve", "work": "work", "demo": "demo", "doctor": "doctor",
    "settings": "doctor", "analyze": "analyze", "evaluate": "analyze", "bench": "bench",
    "backup": "backup", "restore": "backup", "import": "importing",
}  # fmt: skip
"""Command to module; the function has the command's name, with ``_`` behind it where Python has the word."""
GROUPS = {
    "orgs": "accounts", "users": "people", "keys": "accounts", "webhooks": "webhooks", "audit": "audit",
    "agents": "catalog", "queues": "catalog", "projects": "catalog", "call-centers": "catalog",
    "engagements": "catalog", "scorecards": "scorecards",
    "insights": "insights",
}  # fmt: skip


def _register(arguments: Sequence[str]) -> None:
    """Attach the asked command, or all for the help page: modules load late so that commands start fast."""
    if arguments[:1] == ["--version"]:
        return
    asked = next((one for one in arguments if one in COMMANDS or one in GROUPS), None)
    for name, module in COMMANDS.items():
        if asked in {None, name}:
            function = f"{name}_" if iskeyword(name) else name
            app.command(name)(getattr(import_module(f"calltrace.cli.{module}"), function))
    for name, module in GROUPS.items():
        if asked in {None, name}:
            group = getattr(import_module(f"calltrace.cli.{module}"), name.replace("-", "_"))
            app.add_typer(group, name=name)
    if asked is not None:  # one command alone would lose its name
        app.command("help", hidden=True)(lambda: None)
