"""When a recogniser's text is not to be believed: the same for all engines.

The thresholds are Whisper's own (``compression_ratio_threshold``, ``logprob_threshold``,
``no_speech_threshold`` in openai/whisper, transcribe.py).
"""

from calltrace.speech.loops import compression

UNSURE = -1.0
"""Mean log probability of a token; below it a text is a guess."""
_LOOPING = 2.4
_NO_SPEECH = 0.6


def is_looping(text: str) -> bool:
    """Whether a text repeats itself as only recognisers do; speech.loops judges its words."""
    return compression(text) > _LOOPING


def is_phantom(text: str, log_probability: float | None, no_speech: float | None) -> bool:
    """Whether nothing was said: no text, or an unsure one where the model itself doubts that there is speech.

    An engine that does not say how sure it is (``None``) is believed.
    """
    if not text.strip():
        return True
    return (
        log_probability is not None
        and no_speech is not None
        and no_speech > _NO_SPEECH
        and log_probability < UNSURE
    )
