"""Waiting for a server to take connections. Slow is not broken: recovery takes what it takes."""

import time
from collections.abc import Callable

from calltrace.db.embedded.errors import DatabaseStartError
from calltrace.db.embedded.layout import Layout
from calltrace.db.embedded.probe import State, ask
from calltrace.db.embedded.process import Child

_POLL, _SLOWEST_POLL = 0.02, 0.5
_FIRST_REPORT, _REPORT_EVERY = 1.0, 5.0


def wait_until_ready(child: Child, layout: Layout, patience: float, say: Callable[[str], None]) -> None:
    """Returns when the server takes connections, reporting a slow recovery on the way.

    Raises:
        DatabaseStartError: it ended, or gave no sign of life for ``patience`` seconds.
    """
    began = heard = time.monotonic()
    report_at = began + _FIRST_REPORT
    while (answer := ask(layout.socket)).state is not State.ACCEPTING:
        now = time.monotonic()
        if not child.running():
            raise _ended(child, layout)
        if answer.state is State.STARTING:
            heard = now
        if now - heard > patience:
            raise DatabaseStartError(
                f"The database server does not answer after {patience:g} s; see {layout.log}."
            )
        if now >= report_at:
            say(f"The database is starting up ({now - began:.0f} s): {_progress(child) or answer.message}")
            report_at = now + _REPORT_EVERY
        time.sleep(min(_SLOWEST_POLL, max(_POLL, (now - began) / 5)))  # each question is a line in its log


def _progress(child: Child) -> str:
    lines = [line for line in child.tail() if "in progress" in line or "LOG:  redo" in line]
    return lines[-1].partition("LOG:")[2].strip() if lines else ""


def _ended(child: Child, layout: Layout) -> DatabaseStartError:
    child.wait(1)
    telling = [line for line in child.tail() if "FATAL:" in line or "PANIC:" in line]
    reason = (telling or child.tail() or ["it said nothing"])[-1]
    for mark in ("FATAL:", "PANIC:"):
        reason = reason.rpartition(mark)[2].strip()
    return DatabaseStartError(f"The database server ended while starting: {reason} (see {layout.log})")
