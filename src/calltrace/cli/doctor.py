"""``calltrace doctor`` and ``settings``: is everything in order, and what is set."""

import sys
from dataclasses import asdict

import typer

from calltrace.cli import instance
from calltrace.cli.output import JsonOption, show_many
from calltrace.pipeline.checks import examine
from calltrace.settings_shown import shown_settings


def settings(context: typer.Context, as_json: JsonOption = False) -> None:
    """Print all settings with their source; secrets are only said to be set."""
    rows = [asdict(one) for one in shown_settings(instance.settings_of(context))]
    show_many(rows, ("name", "value", "source"), as_json=as_json)


def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check database, storage, models, keys, mail, clock and more; one line each; exit 1 if one fails."""
    findings = instance.with_platform(instance.settings_of(context), examine)
    show_many([asdict(one) for one in findings], ("check", "result", "detail"), as_json=as_json)
    if not all(one.ok for one in findings):
        sys.exit(1)
