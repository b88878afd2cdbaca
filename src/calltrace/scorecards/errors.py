"""What can be wrong with a scorecard."""

from calltrace.kit.errors import CallTraceError


class ScorecardError(CallTraceError):
    """A scorecard that cannot be used: ``detail`` names the line and the field where it is known."""

    code = "invalid_scorecard"
    status = 422
    title = "The scorecard is not valid"


class MisplacedError(ValueError):
    """A rule of the whole document that is broken at one place in it, which ``at`` (a JSON pointer) names."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at
