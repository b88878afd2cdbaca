"""What ``serve`` and ``work`` share: how a single service of the platform starts."""

import os
from collections.abc import Callable

import typer

from calltrace.cli import instance
from calltrace.cli.supervise import SUPERVISED
from calltrace.kit import logs
from calltrace.kit.children import die_with_parent
from calltrace.kit.errors import ConfigurationError
from calltrace.settings import Settings


def start_service(context: typer.Context) -> Settings:
    """Settings and logs; a supervised service ends with its supervisor."""
    if os.environ.get(SUPERVISED):
        die_with_parent()
    settings = instance.settings_of(context)
    logs.configure(settings.log_level, settings.log_format)
    return settings


def with_shared_database(settings: Settings, run: Callable[[str], None]) -> None:
    """Run with the address of a database that another process looks after."""
    dsn = settings.database_url or instance.running_url(settings)
    if not dsn:
        raise ConfigurationError(
            "Set CALLTRACE_DATABASE_URL; on one machine, `calltrace up` runs everything."
        )
    run(dsn)
