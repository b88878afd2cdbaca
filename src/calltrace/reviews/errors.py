"""What can go wrong when people judge calls."""

from calltrace.accounts.errors import ForbiddenError
from calltrace.kit.errors import CallTraceError


class OverrideConflictError(CallTraceError):
    """Somebody else decided the criterion meanwhile: look at what they said first."""

    code = "override_conflict"
    status = 409
    title = "Somebody else decided this meanwhile"


class EvaluationSupersededError(CallTraceError):
    """The call was evaluated again: people decide on the evaluation that is shown."""

    code = "evaluation_superseded"
    status = 409
    title = "The call was evaluated again meanwhile"


class NothingToDecideError(CallTraceError):
    """The call has no evaluation, or the scorecard that it was made with is there no more."""

    code = "nothing_to_decide"
    status = 409
    title = "There is no evaluation to decide on"


class NothingToUndoError(CallTraceError):
    """No person decided the criterion, or that was taken back."""

    code = "nothing_to_undo"
    status = 409
    title = "There is nothing to take back"


class ReviewTakenError(CallTraceError):
    """Somebody else has the call, or it is meant for somebody else."""

    code = "review_taken"
    status = 409
    title = "Somebody else has this review"


class ReviewNotClaimedError(CallTraceError):
    """Whoever ends a review has it first."""

    code = "review_not_claimed"
    status = 409
    title = "Claim the review first"


class ReviewFinishedError(CallTraceError):
    """It is done or skipped."""

    code = "review_finished"
    status = 409
    title = "The review is finished"


class ReviewIncompleteError(CallTraceError):
    """Criteria are neither confirmed nor overridden."""

    code = "review_incomplete"
    status = 409
    title = "Not every criterion was decided"


class AppealTooLateError(CallTraceError):
    """The time for appeals is over."""

    code = "appeal_too_late"
    status = 409
    title = "The time for appeals is over"


class AppealDecidedError(CallTraceError):
    """Somebody decided on the appeal already."""

    code = "appeal_decided"
    status = 409
    title = "The appeal is decided"


class NotImpartialError(ForbiddenError):
    """Nobody decides on the own call, the own appeal, or an appeal against the own verdict."""

    code = "not_impartial"
    title = "Somebody else has to decide this"


class CalibrationClosedError(CallTraceError):
    """The session is closed, or this person has submitted."""

    code = "calibration_closed"
    status = 409
    title = "Nothing more can be submitted"
