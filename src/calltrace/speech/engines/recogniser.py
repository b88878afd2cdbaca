"""One loaded copy of a Whisper model, and what it hears in a batch of windows.

The engine gives a window at most 224 tokens, half of Whisper's context. Fast Spanish and ordinary Hindi
or Thai need more for 29 seconds, so a window whose text was cut off there is heard again in two halves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines import device
from calltrace.speech.engines.guards import UNSURE, is_looping, is_phantom
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.loops import without_impossible_loops
from calltrace.speech.windows import Window, halves

_BEAM = 5
CONTEXT = 448
"""Whisper's text context, in tokens; the engine generates at most half of it."""
_SHORTEST_HALF = 1.0  # second; nobody says 224 tokens in four of them
_SECOND_TRIES = (10, 6, 4)  # tokens that may not come again in the same order: the longest loops first
_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - full-width punctuation is meant

Votes = dict[str, float]
"""How likely a window is in each language."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    text: str
    log_probability: float
    no_speech: float
    is_cut: bool

    @property
    def is_phantom(self) -> bool:
        return is_phantom(self.text, self.log_probability, self.no_speech)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of some windows: their audio as words of a language, with these words in mind."""

    audio: DecodedAudio
    language: str
    hints: str = ""


class Recogniser:
    """A loaded copy of a model. As many threads may use it at once as it was loaded for."""

    def __init__(self, model: Any, context: int, hands: int, batch: int) -> None:
        """Take over a loaded model.

        Args:
            model: the library's own, loaded.
            context: tokens; a window has half as many at most.
            hands: how many batches it works on side by side.
            batch: windows in one batch, at most.
        """
        self.model = model
        self.hands = hands
        self._context = context
        self._batch = batch

    @property
    def is_multilingual(self) -> bool:
        """Whether it knows other languages than English."""
        return bool(self.model.model.is_multilingual)

    @property
    def languages(self) -> Sequence[str]:
        """The codes of those that it knows."""
        return list(self.model.supported_languages)

    def batches(self, windows: Sequence[Window]) -> list[Sequence[Window]]:
        """The windows in batches, so that every hand has one if there are enough."""
        size = min(self._batch, max(1, -(-len(windows) // self.hands)))
        return [windows[first : first + size] for first in range(0, len(windows), size)]

    def tokens(self, text: str, language: str) -> int:
        """How many tokens a text has."""
        return len(self._tokenizer(language).encode(text))

    def encode(self, batch: Sequence[Window], audio: DecodedAudio) -> Any:
        """Windows x frames x features, in the engine's own form."""
        features = [self._features(window, audio) for window in batch]
        return self.model.encode(np.stack(features))

    def votes(self, encoded: Any) -> list[Votes]:
        """For each window of a batch, by language."""
        answers = self.model.model.detect_language(encoded)
        return [{token[2:-2]: float(share) for token, share in answer} for answer in answers]

    def recognise(self, batch: Sequence[Window], encoded: Any, ask: Ask) -> Iterator[HeardWord]:
        """The words of a batch of windows, in order within each."""
        tokenizer = self._tokenizer(ask.language)
        heard = self._decode(tokenizer, encoded, len(batch), ask.hints)
        heard = [
            self._try_again(tokenizer, device.one_of(encoded, place), ask, first)
            if is_looping(first.text)
            else first
            for place, first in enumerate(heard)
        ]
        parts = [
            (halves(window, _SHORTEST_HALF) or ()) if one.is_cut and not one.is_phantom else ()
            for window, one in zip(batch, heard, strict=True)
        ]
        tokens = [
            [] if one.is_phantom or split else one.tokens for one, split in zip(heard, parts, strict=True)
        ]
        frames = [int(np.ceil(window.seconds * self.model.frames_per_second)) for window in batch]
        aligned = self.model.find_alignment(tokenizer, tokens, encoded, frames)
        for window, alignment in zip(batch, aligned, strict=True):
            yield from without_impossible_loops(list(_words(window, alignment)))
        for smaller in self.batches([half for split in parts for half in split]):
            yield from self.recognise(smaller, self.encode(smaller, ask.audio), ask)

    def _features(self, window: Window, audio: DecodedAudio) -> Any:
        from faster_whisper import audio as sound

        library: Any = sound
        return library.pad_or_trim(self.model.feature_extractor(window.samples(audio))[..., :-1])

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper import tokenizer

        library: Any = tokenizer
        multilingual = self.model.model.is_multilingual
        return library.Tokenizer(self.model.hf_tokenizer, multilingual, task="transcribe", language=language)

    def _decode(self, tokenizer: Any, encoded: Any, count: int, hints: str, **how: Any) -> list[_Decoded]:
        from faster_whisper import transcribe

        library: Any = transcribe
        start = self.model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hints or None)
        results = self.model.model.generate(
            encoded,
            [list(start) for _ in range(count)],
            max_length=self._context,
            suppress_tokens=library.get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
            **(how or {"beam_size": _BEAM}),
        )
        return [_decoded(result, tokenizer, self._context // 2) for result in results]

    def _try_again(self, tokenizer: Any, encoded: Any, ask: Ask, first: _Decoded) -> _Decoded:
        """A fallback for text that repeats itself; repetition that nothing else explains stays as it was.

        Whisper samples at rising temperatures here. The engine's random generators cannot be seeded again,
        so the same call would not always give the same text; a beam that may not say the same tokens twice
        does, and it changes nothing before the loop begins.
        """
        for length in _SECOND_TRIES:
            how = {"beam_size": _BEAM, "no_repeat_ngram_size": length}
            again = self._decode(tokenizer, encoded, 1, ask.hints, **how)[0]
            if not is_looping(again.text) and again.log_probability >= UNSURE:
                return again
        return first


def _decoded(result: Any, tokenizer: Any, most: int) -> _Decoded:
    tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
    length = len(result.sequences_ids[0])
    log_probability = float(result.scores[0]) * length / (length + 1)
    text, no_speech = tokenizer.decode(tokens).strip(), float(result.no_speech_prob)
    # The end is no part of the sequence: a text that ended by itself is shorter than the most.
    return _Decoded(tokens, text, log_probability, no_speech, is_cut=length >= most)


def _words(window: Window, alignment: list[dict[str, Any]]) -> Iterator[HeardWord]:
    from faster_whisper import transcribe

    library: Any = transcribe
    library.merge_punctuations(alignment, _OPENING, _CLOSING)
    for piece in alignment:
        text = str(piece["word"])
        if text.strip():
            start, end = window.call_times(float(piece["start"]), float(piece["end"]))
            confidence = min(max(float(piece["probability"]), 0.0), 1.0)
            glued = not text.startswith(" ")
            yield HeardWord(window.channel, text.strip(), start, end, confidence, glued)
