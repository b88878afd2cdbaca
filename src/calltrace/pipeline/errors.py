"""What can go wrong with processing as a whole."""

from http import HTTPStatus

from calltrace.analyses.document import ErrorDocument, Stage
from calltrace.kit.errors import CallTraceError, ProcessingError


class WorkerLostError(ProcessingError):
    """Workers kept dying over this recording."""

    code = "worker_lost"
    title = "Workers ended while working on this recording"


class InternalProcessingError(CallTraceError):
    """A fault of ours while processing; its details stay in the log."""

    title = "Processing failed for a reason of ours"
    retryable = True


class TryAgainLater(Exception):  # noqa: N818 - an instruction to the queue, not an error
    """The job is to run again after ``delay`` seconds."""

    def __init__(self, delay: float) -> None:
        super().__init__(f"again in {delay:.0f} s")
        self.delay = delay


def error_document(error: CallTraceError, stage: Stage) -> ErrorDocument:
    """What the customer is told: details of faults on our side stay in the log."""
    message = error.detail if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else error.title
    return ErrorDocument(code=error.code, message=message, stage=stage, retryable=error.retryable)
