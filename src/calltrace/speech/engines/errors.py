"""What can go wrong with a transcription server."""

from http import HTTPStatus

from calltrace.kit.errors import ProcessingError


class ServerUnavailableError(ProcessingError):
    """It cannot be reached, is too slow or too busy, or failed: later it may work."""

    code = "asr_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The transcription server is not available"
    retryable = True


class ServerRefusedError(ProcessingError):
    """It will not do this, however often it is asked: most likely ASR_URL or ASR_MODEL is wrong."""

    code = "asr_refused"
    status = HTTPStatus.BAD_GATEWAY
    title = "The transcription server refused the request"


class KeyRefusedError(ServerRefusedError):
    """It does not accept ASR_API_KEY."""

    code = "asr_unauthorized"
    title = "The transcription server refused the key"


class UnreadableAnswerError(ServerRefusedError):
    """It answered something else than a transcription: ASR_URL leads to another kind of server."""

    code = "asr_unreadable"
    title = "The transcription server gave an answer that cannot be read"
