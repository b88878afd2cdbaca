"""How the server is configured. Written at each start; ``ALTER SYSTEM`` overrides what is tunable."""

from pathlib import Path

from calltrace.db.embedded import launch
from calltrace.db.embedded.identity import Account, give
from calltrace.db.embedded.layout import PORT, Layout

_CONFIGURATION = """\
# Written by calltrace at each start. To change a value use ALTER SYSTEM: it goes to postgresql.auto.conf.
max_connections = 100
shared_buffers = 128MB
dynamic_shared_memory_type = posix
max_wal_size = 1GB
min_wal_size = 80MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, mdy'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.english'
log_line_prefix = '%m [%p] '
log_startup_progress_interval = 1s
log_checkpoints = off
# Calls are confidential: no statements, values or rows in the log.
log_statement = none
log_min_error_statement = panic
log_error_verbosity = terse
"""

_FIXED = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "log_destination": "stderr",
    "logging_collector": "off",
}
"""What safety rests on: given on the command line, where no file overrides it."""

_ACCESS = """\
# Written by calltrace at each start.
local all all scram-sha-256
"""


def write(pgdata: Path, account: Account | None) -> None:
    """Puts our configuration into a cluster."""
    files = {"postgresql.conf": _CONFIGURATION, "pg_hba.conf": _ACCESS, "pg_ident.conf": ""}
    for name, text in files.items():
        _write(pgdata / name, text, account)


def _write(path: Path, text: str, account: Account | None) -> None:
    # Through a new file: a full disk must not leave half a configuration.
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text, encoding="ascii")
    give(new, account)
    new.replace(path)


def arguments(layout: Layout) -> list[str]:
    """The server's command line, without the program."""
    fixed = {**_FIXED, "unix_socket_directories": layout.socket_argument()}
    options = [part for name, value in fixed.items() for part in ("-c", f"{name}={value}")]
    return ["-D", launch.FOLDER, *options]
