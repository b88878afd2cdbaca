"""What can go wrong with agents and queues."""

from calltrace.kit.errors import CallTraceError


class ScorecardInUseError(CallTraceError):
    """A queue names the scorecard: give the queue another one first."""

    code = "scorecard_in_use"
    status = 409
    title = "The scorecard is in use"
