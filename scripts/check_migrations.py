"""Fails when models and migrations differ. Starts the embedded server on a temporary directory to compare."""

import asyncio
import sys
import tempfile
from pathlib import Path

from calltrace.db.drift import drift
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer


def main() -> int:
    """Exit status 1 when there is drift."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(EmbeddedConfig(Path(folder) / "data"), lambda _message: None)
        try:
            found = asyncio.run(drift(server.start()))
        finally:
            server.stop()
    for one in found:
        print("models and migrations differ:", one)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
