"""What can go wrong with processing as a whole."""

from calltrace.kit.errors import CallTraceError, ProcessingError


class WorkerLostError(ProcessingError):
    """Workers kept dying over this recording."""

    code = "worker_lost"
    title = "Workers ended while working on this recording"


class InternalProcessingError(CallTraceError):
    """A fault of ours while processing; its details stay in the log."""

    title = "Processing failed for a reason of ours"
    retryable = True
