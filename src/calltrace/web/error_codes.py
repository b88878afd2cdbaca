"""What every stable code of an error means, in words."""

from dataclasses import dataclass

from calltrace.kit.errors import CallTraceError


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A stable code, as an answer or as the ``error`` of an analysis."""

    code: str
    status: int
    title: str
    text: str
    retryable: bool


def error_codes() -> list[ErrorCode]:
    """Every code that exists, from the errors themselves."""
    found: dict[str, ErrorCode] = {}
    for kind in _kinds(CallTraceError):
        text = (kind.__doc__ or "").split("\n\n")[0].partition(" (acceptance")[0].rstrip(".")
        if kind.code not in found:
            found[kind.code] = ErrorCode(kind.code, int(kind.status), kind.title, text, kind.retryable)
    return sorted(found.values(), key=lambda one: (one.status, one.code))


def _kinds(kind: type[CallTraceError]) -> list[type[CallTraceError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _kinds(one))]
