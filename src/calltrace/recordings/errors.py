"""What can go wrong with uploads, and with forms that bring files."""

from types import MappingProxyType

from calltrace.kit.errors import CallTraceError, FileTooLargeError, ProcessingError


class UploadIncompleteError(CallTraceError):
    """The file is not there yet, or not all of it."""

    code = "upload_incomplete"
    status = 409
    title = "The upload is not complete"


class UploadUsedError(CallTraceError):
    """An upload belongs to one analysis: it was given to one, or cannot be given to any."""

    code = "upload_used"
    status = 409
    title = "The upload was already used"


class UploadExpiredError(CallTraceError):
    """Nobody used it in time."""

    code = "upload_expired"
    status = 409
    title = "The upload has expired"


class UploadTakenOverError(CallTraceError):
    """A later request sends to the same upload; what this one brings is not taken any more."""

    code = "upload_taken_over"
    status = 409
    title = "Another request is sending this file"


class OffsetMismatchError(CallTraceError):
    """The bytes do not follow on what was received; ``Upload-Offset`` tells where to go on."""

    code = "upload_offset_mismatch"
    status = 409
    title = "The bytes do not belong there"

    def __init__(self, received: int, *, complete: bool) -> None:
        super().__init__(
            "The file is complete." if complete else f"Go on after the {received} bytes received."
        )
        self.headers = MappingProxyType(
            {"Upload-Offset": str(received), "Upload-Complete": "?1" if complete else "?0"}
        )


class UploadTooLargeError(FileTooLargeError):
    """More than FETCH_MAX_BYTES; answered while it is sent."""

    status = 413


class UploadInterruptedError(CallTraceError):
    """The request ended before its body did; what arrived is kept."""

    code = "upload_interrupted"
    status = 400
    title = "The request broke off"


class UploadLostError(ProcessingError):
    """The uploaded file is not in the object store any more."""

    code = "upload_lost"
    title = "The uploaded file is gone"


class FormTooLargeError(CallTraceError):
    """More than any of our forms can hold."""

    code = "request_too_large"
    status = 413
    title = "The form is too large"
