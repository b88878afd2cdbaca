"""PostgreSQL on this machine without an administrator: a supervisor over the server's own binaries.

The decision, the traps and how each is handled: ``docs/decisions/0002-embedded-postgresql.md``.
"""

from calltrace.db.embedded.running import running_dsn
from calltrace.db.embedded.server import EmbeddedConfig, EmbeddedServer

__all__ = ["EmbeddedConfig", "EmbeddedServer", "running_dsn"]
