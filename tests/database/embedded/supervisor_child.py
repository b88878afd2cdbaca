"""Another process that supervises a server: prints its URL, or why not, and waits to be told to end."""

import resource
import sys
from pathlib import Path

from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer
from calltrace.kit.errors import CallTraceError


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Arguments: the data directory and, to make a start fail half-way, the size of the largest file."""
    data_dir, *limits = sys.argv[1:]
    for limit in limits:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    server = EmbeddedServer(EmbeddedConfig(Path(data_dir)), lambda text: _say("message", text))
    try:
        _say("dsn", server.start())
    except CallTraceError as error:
        _say("error", error.code, error.detail)
        return
    sys.stdin.read()
    server.stop()
    _say("stopped")


main()
