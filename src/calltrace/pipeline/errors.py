"""What can go wrong with processing as a whole."""

from calltrace.kit.errors import CallTraceError, ProcessingError


class WorkerLostError(ProcessingError):
    """Workers kept dying over this recording."""

    code = "worker_lost"
    title = "Workers ended while working on this recording"


class StoppingError(ProcessingError):
    """The worker is being stopped; the work goes on elsewhere."""

    code = "worker_stopping"
    title = "The worker is stopping"
    retryable = True


class InternalProcessingError(CallTraceError):
    """A fault of ours while processing; its details stay in the log."""

    title = "Processing failed for a reason of ours"
    retryable = True
