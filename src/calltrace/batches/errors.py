"""What can go wrong with batches."""

from calltrace.kit.errors import CallTraceError


class NothingToEvaluateError(CallTraceError):
    """No call that was heard is among those that were asked for."""

    code = "nothing_to_evaluate"
    status = 409
    title = "There is no call to evaluate"


class TooManyBatchesError(CallTraceError):
    """The organisation has as many unfinished batches as it may."""

    code = "too_many_batches"
    status = 409
    title = "Too many batches are unfinished"


class BatchOverError(CallTraceError):
    """What has ended cannot be cancelled."""

    code = "batch_over"
    status = 409
    title = "The batch has ended"
