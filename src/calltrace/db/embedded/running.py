"""Finding a server that another process runs: for commands beside a running ``calltrace up``."""

from pathlib import Path

from calltrace.db.embedded.layout import OWNER, Layout, dsn, read_passwords
from calltrace.db.embedded.lock import is_held


def running_dsn(data_dir: Path) -> str | None:
    """The URL of the server that another process runs on this data directory now, else ``None``."""
    layout = Layout(data_dir.absolute())
    if not is_held(layout.supervisor_lock) or not layout.passwords.exists():
        return None
    return dsn(layout, OWNER, read_passwords(layout).owner)
