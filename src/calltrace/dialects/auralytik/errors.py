"""What can go wrong in this contract only."""

from calltrace.kit.errors import CallTraceError


class SignatureError(CallTraceError):
    """The signature or its time is missing or does not fit, or the request was made before."""

    status = 401


class TimestampExpiredError(CallTraceError):
    """The request was signed too long ago, or in the future."""

    status = 401


class HttpsRequiredError(CallTraceError):
    """The request came in clear from elsewhere."""

    status = 403


class MethodNotAllowedError(CallTraceError):
    """The path exists, the method does not."""

    status = 405


class ConflictError(CallTraceError):
    """The thing is not in a state for that."""

    status = 409


class TooLargeError(CallTraceError):
    """The request body is over the limit."""

    status = 413
