"""Scorecards as files on the command line."""

from pathlib import Path

from calltrace.kit.errors import UsageError
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardError
from calltrace.scorecards.yaml import load_scorecard


def read_file(path: Path) -> Scorecard:
    """A scorecard from a file; what is wrong with it is told with the file and the line.

    Raises:
        UsageError: it cannot be read. ScorecardError: it is no scorecard.
    """
    try:
        return load_scorecard(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ScorecardError as error:
        raise ScorecardError(f"{path}: {error.detail}", errors=error.errors) from error
