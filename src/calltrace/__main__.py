"""``python -m calltrace``."""

from calltrace.cli.main import run

run()
