"""The root of every error that a person or an integrator may see.

An error knows its stable code and its HTTP status; each transport (REST, command line, webhook)
renders it in its own shape and adds nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from calltrace.kit.words import Words


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of a request that was refused, as a JSON pointer, and why."""

    pointer: str
    detail: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", Words.of(self.detail))  # the way in to what is frozen


class CallTraceError(Exception):
    """Anything that can go wrong in a way we foresaw.

    Attributes:
        code: stable, documented, snake_case.
        status: HTTP status where the error is answered over HTTP.
        title: one short sentence for the class of error.
        retryable: whether trying the same thing again later may succeed.
        headers: what goes with it over HTTP.
    """

    code: str = "internal_error"
    status: int = 500
    title: str = Words("Something went wrong on our side")
    retryable: bool = False
    headers: Mapping[str, str] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        """Titles are words: pages show them in their language."""
        super().__init_subclass__()
        cls.title = Words.of(cls.title)

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = Words.of(detail)
        self.errors = tuple(errors)


class InvalidRequestError(CallTraceError):
    """A value that the contract does not allow."""

    code = "invalid_request"
    status = 400
    title = "The request is not valid"


class NotFoundError(CallTraceError):
    """No such thing, or one of another organisation: callers cannot tell the two apart."""

    code = "not_found"
    status = 404
    title = "Not found"


class UsageError(CallTraceError):
    """The command line was used wrongly (exit status 2)."""

    code = "usage"
    status = 400
    title = "Wrong usage"


class ConfigurationError(CallTraceError):
    """A setting, a file or a model that the operator must put right."""

    code = "configuration"
    status = 500
    title = "The installation is not configured for this"


class UnavailableError(CallTraceError):
    """Something we depend on is away for the moment."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"
    retryable = True


class ProcessingError(CallTraceError):
    """A recording could not be processed; ``code`` ends up in the analysis' ``error``."""

    code = "processing_failed"
    status = 422
    title = "The recording could not be processed"


class UnsupportedMediaError(ProcessingError):
    """The file is no audio that we can decode, or decoding it was refused."""

    code = "unsupported_media"
    title = "The file is not audio that can be decoded"


class RecordingTooLongError(ProcessingError):
    """The recording lasts longer than MAX_DURATION_SECONDS."""

    code = "recording_too_long"
    title = "The recording is too long"


class FileTooLargeError(ProcessingError):
    """The file is larger than FETCH_MAX_BYTES."""

    code = "file_too_large"
    title = "The file is too large"
