"""What can go wrong with submitting, and what comes too early or too late."""

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


class TooManyViewsError(CallTraceError):
    """There are as many saved views as there may be."""

    code = "too_many_views"
    status = 409
    title = "There are too many views"


class TranscriptNotReadyError(CallTraceError):
    """Nothing was heard yet; the transcript may still come."""

    code = "transcript_not_ready"
    status = 409
    title = "There is no transcript yet"
    retryable = True


class WaveformNotThereError(CallTraceError):
    """The call was not heard yet, or was heard before waveforms were drawn."""

    code = "waveform_not_there"
    status = 404
    title = "There is no waveform"


class PlaybackNotThereError(CallTraceError):
    """The call was not heard yet, or no copy that browsers play could be made; the recording may be there."""

    code = "playback_not_there"
    status = 404
    title = "There is nothing that browsers play"


class NothingToTryAgainError(CallTraceError):
    """It failed, and nothing is kept of its recording that it could be tried again from."""

    code = "nothing_to_try_again"
    status = 409
    title = "The recording is not kept any more"


class AnalysisNotCompletedError(CallTraceError):
    """It cannot be evaluated again: it is still being processed, or nothing was heard."""

    code = "analysis_not_completed"
    status = 409
    title = "The analysis is not completed"


class StaleAttemptError(CallTraceError):
    """Another worker holds the work now, or it was erased: whatever we have is not wanted."""

    code = "stale_attempt"
    title = "Another worker took this work over"
