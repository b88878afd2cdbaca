"""What can go wrong with agents and queues."""

from calltrace.kit.errors import CallTraceError, InvalidRequestError


class ScorecardInUseError(CallTraceError):
    """A queue names the scorecard: give the queue another one first."""

    code = "scorecard_in_use"
    status = 409
    title = "The scorecard is in use"


class EndsBeforeStartError(InvalidRequestError):
    """A campaign's last day is before its first."""

    code = "ends_before_start"
    title = "It would end before it starts"
