"""What can go wrong with submitting."""

from calltrace.kit.errors import CallTraceError


class IdempotencyKeyReusedError(CallTraceError):
    """The key was used for another payload (acceptance CT-057)."""

    code = "idempotency_key_reused"
    status = 409
    title = "The idempotency key was already used for another payload"


class IdempotencyInProgressError(CallTraceError):
    """The first request with this key has not been answered yet."""

    code = "idempotency_in_progress"
    status = 409
    title = "A request with this idempotency key is still being answered"
    retryable = True
