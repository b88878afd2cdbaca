"""``calltrace``: the command line. A failure is one clear line on stderr, never a traceback."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import click
import typer

from calltrace import __version__
from calltrace.kit.errors import CallTraceError, UsageError
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
    """Read the settings once for every command."""
    del debug, version
    context.obj = load_settings()


def run() -> None:
    """Run the command line; exit status 0 done, 1 the work failed, 2 bad usage."""
    _register()
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def _guarded(call: Callable[[], Any]) -> int:
    try:
        result = call()
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
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


def _register() -> None:
    """Attach the commands; imported here so that a wrong setting is told before anything heavy loads."""
    from calltrace.cli import accounts, analyze, demo, doctor, serve, webhooks

    for command in (serve.up, serve.serve, serve.work, serve.migrate):
        app.command()(command)
    app.command("demo")(demo.demo)
    app.command("doctor")(doctor.doctor)
    app.command("settings")(doctor.settings)
    app.command("analyze")(analyze.analyze)
    app.command("evaluate")(analyze.evaluate)
    for name, group in (
        ("orgs", accounts.orgs), ("users", accounts.users), ("keys", accounts.keys),
        ("webhooks", webhooks.webhooks),
    ):  # fmt: skip
        app.add_typer(group, name=name)
