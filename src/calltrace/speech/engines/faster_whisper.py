"""Whisper through faster-whisper and CTranslate2: int8, beam 5, batches of 8 windows.

faster-whisper's own batched pipeline is taken apart here, for three reasons: both channels of a call
share one batch, the language is found from the encoder output that decoding needs anyway, and words
stay inside the stretch of speech that they were heard in.

The engine gives a window at most 224 tokens, half of Whisper's context. Fast Spanish and ordinary Hindi
or Thai need more for 29 seconds, so a window whose text was cut off there is heard again in two halves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calltrace.kit.progress import Progress
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.protocol import HeardWord, Recognition
from calltrace.speech.engines.threads import default_threads
from calltrace.speech.language import Languages, choose, pool
from calltrace.speech.loops import compression, without_impossible_loops
from calltrace.speech.windows import Stretch, Window, halves, pack, spread

_BATCH = 8
_WINDOW_SECONDS = 29.0  # below Whisper's 30, so that the last word is never cut by rounding
_BEAM = 5
_CONTEXT = 448  # Whisper's text context, in tokens; the engine generates at most half of it
_SHORTEST_HALF = 1.0  # second; nobody says 224 tokens in four of them
_LOOPING = 2.4  # Whisper's own compression_ratio_threshold
_UNSURE = -1.0  # Whisper's own logprob_threshold
_NO_SPEECH = 0.6  # Whisper's own no_speech_threshold
_SECOND_TRIES = (10, 6, 4)  # tokens that may not come again in the same order: the longest loops first
_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - full-width punctuation is meant


@dataclass(frozen=True, slots=True)
class _Decoded:
    tokens: list[int]
    text: str
    log_probability: float
    no_speech: float
    is_cut: bool

    @property
    def is_phantom(self) -> bool:
        return not self.tokens or (self.no_speech > _NO_SPEECH and self.log_probability < _UNSURE)


class FasterWhisperEngine:
    """A Whisper model in CTranslate2 form, loaded from a folder (see speech.models)."""

    def __init__(self, folder: Path, name: str, threads: int = 0, context: int = _CONTEXT) -> None:
        """Loads the model; ``threads`` 0 means one per core, a window has ``context / 2`` tokens at most."""
        import faster_whisper

        library: Any = faster_whisper
        self._name = name
        self._context = context
        self._model: Any = library.WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads or default_threads(),
            local_files_only=True,
        )

    @property
    def name(self) -> str:
        """``whisper-base`` and the like."""
        return self._name

    @property
    def model(self) -> Any:
        """The library's own model, for comparison with the bare engine."""
        return self._model

    def transcribe(
        self, audio: DecodedAudio, speech: Sequence[Stretch], language: str | None, progress: Progress
    ) -> Recognition:
        """See Engine.transcribe."""
        windows = spread(pack(speech, _WINDOW_SECONDS), _BATCH)
        total, done = sum(window.seconds for window in windows), 0.0
        found: Languages | None = None
        words: list[HeardWord] = []
        for batch in _batches(windows):
            encoded = self._encode(batch, audio)
            found = found or self._language(batch, encoded, language)
            words += self._recognise(batch, encoded, found.chosen, audio)
            done += sum(window.seconds for window in batch)
            progress(done / total)
        assert found is not None
        ordered = tuple(sorted(words, key=lambda word: (word.channel, word.start)))
        return Recognition(found.chosen, found.confidence, ordered)

    def _encode(self, batch: Sequence[Window], audio: DecodedAudio) -> Any:
        features = [self._features(window, audio) for window in batch]
        return self._model.encode(np.stack(features))

    def _features(self, window: Window, audio: DecodedAudio) -> Any:
        from faster_whisper import audio as sound

        library: Any = sound
        return library.pad_or_trim(self._model.feature_extractor(window.samples(audio))[..., :-1])

    def _language(self, batch: Sequence[Window], encoded: Any, hint: str | None) -> Languages:
        if not self._model.model.is_multilingual:
            return Languages("en", 1.0)
        answers = self._model.model.detect_language(encoded)
        votes = [{token[2:-2]: float(share) for token, share in answer} for answer in answers]
        known = hint if hint in self._model.supported_languages else None
        return choose(pool(votes, [window.seconds for window in batch]), known)

    def _recognise(
        self, batch: Sequence[Window], encoded: Any, language: str, audio: DecodedAudio
    ) -> Iterator[HeardWord]:
        tokenizer = self._tokenizer(language)
        heard = self._decode(tokenizer, encoded, len(batch))
        heard = [
            self._try_again(tokenizer, window, audio, first) if compression(first.text) > _LOOPING else first
            for window, first in zip(batch, heard, strict=True)
        ]
        parts = [
            (halves(window, _SHORTEST_HALF) or ()) if one.is_cut and not one.is_phantom else ()
            for window, one in zip(batch, heard, strict=True)
        ]
        tokens = [
            [] if one.is_phantom or split else one.tokens for one, split in zip(heard, parts, strict=True)
        ]
        frames = [int(np.ceil(window.seconds * self._model.frames_per_second)) for window in batch]
        aligned = self._model.find_alignment(tokenizer, tokens, encoded, frames)
        for window, alignment in zip(batch, aligned, strict=True):
            yield from without_impossible_loops(list(_words(window, alignment)))
        for smaller in _batches([half for split in parts for half in split]):
            yield from self._recognise(smaller, self._encode(smaller, audio), language, audio)

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper import tokenizer

        library: Any = tokenizer
        multilingual = self._model.model.is_multilingual
        return library.Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)

    def _decode(self, tokenizer: Any, encoded: Any, count: int, **how: Any) -> list[_Decoded]:
        from faster_whisper import transcribe

        library: Any = transcribe
        prompt = self._model.get_prompt(tokenizer, [], without_timestamps=True)
        results = self._model.model.generate(
            encoded,
            [list(prompt) for _ in range(count)],
            max_length=self._context,
            suppress_tokens=library.get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
            **(how or {"beam_size": _BEAM}),
        )
        return [_decoded(result, tokenizer, self._context // 2) for result in results]

    def _try_again(self, tokenizer: Any, window: Window, audio: DecodedAudio, first: _Decoded) -> _Decoded:
        """A fallback for text that repeats itself; repetition that nothing else explains stays as it was.

        Whisper samples at rising temperatures here. The engine's random generators cannot be seeded again,
        so the same call would not always give the same text; a beam that may not say the same tokens twice
        does, and it changes nothing before the loop begins.
        """
        encoded = self._encode([window], audio)
        for length in _SECOND_TRIES:
            again = self._decode(tokenizer, encoded, 1, beam_size=_BEAM, no_repeat_ngram_size=length)[0]
            if compression(again.text) <= _LOOPING and again.log_probability >= _UNSURE:
                return again
        return first


def _decoded(result: Any, tokenizer: Any, most: int) -> _Decoded:
    tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
    length = len(result.sequences_ids[0])
    log_probability = float(result.scores[0]) * length / (length + 1)
    text, no_speech = tokenizer.decode(tokens).strip(), float(result.no_speech_prob)
    # The end is no part of the sequence: a text that ended by itself is shorter than the most.
    return _Decoded(tokens, text, log_probability, no_speech, is_cut=length >= most)


def _batches(windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
    for first in range(0, len(windows), _BATCH):
        yield windows[first : first + _BATCH]


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
