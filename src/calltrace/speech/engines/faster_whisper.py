"""Whisper through faster-whisper and CTranslate2: beam 5, on the processor (int8) or a graphics card.

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

from calltrace.kit import threads
from calltrace.kit.progress import Progress, within
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines import device
from calltrace.speech.engines.guards import UNSURE, is_looping, is_phantom
from calltrace.speech.engines.hints import Doubt, doubts, prompt, settled
from calltrace.speech.engines.protocol import HeardWord, Recognition
from calltrace.speech.language import Languages, choose, pool
from calltrace.speech.loops import without_impossible_loops
from calltrace.speech.pace import SECONDS_EACH, Pace
from calltrace.speech.windows import Stretch, Window, halves, pack, spread

_SAMPLE = 8  # windows that the language of a call is told from
_WINDOW_SECONDS = 29.0  # below Whisper's 30, so that the last word is never cut by rounding
_BEAM = 5
_CONTEXT = 448  # Whisper's text context, in tokens; the engine generates at most half of it
_SHORTEST_HALF = 1.0  # second; nobody says 224 tokens in four of them
_MOST_HINT_TOKENS = 100  # of the 224 that a prompt may have
_HINTS_SHARE = 0.1
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
        return is_phantom(self.text, self.log_probability, self.no_speech)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of some windows: their audio as words of a language, with these words in mind."""

    audio: DecodedAudio
    language: str
    hints: str = ""


class FasterWhisperEngine:
    """A Whisper model in CTranslate2 form, loaded from a folder (see speech.models)."""

    def __init__(self, folder: Path, name: str, context: int = _CONTEXT) -> None:
        """Loads the model; a window has ``context / 2`` tokens at most."""
        import faster_whisper

        library: Any = faster_whisper
        self._name = name
        self._context = context
        self._device = device.find()
        self._model: Any = library.WhisperModel(
            str(folder),
            device=self._device.name,
            compute_type=self._device.compute_type,
            cpu_threads=threads.allowed(),
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
        self,
        audio: DecodedAudio,
        speech: Sequence[Stretch],
        language: str | None,
        progress: Progress,
        hints: Sequence[str] = (),
        *,
        among: Sequence[str] = (),
    ) -> Recognition:
        """See Engine.transcribe."""
        windows = spread(pack(speech, _WINDOW_SECONDS), _SAMPLE)
        found: Languages | None = None
        words: list[HeardWord] = []
        part = within(progress, 0.0, 1 - _HINTS_SHARE if hints else 1.0)
        with Pace(part, sum(window.seconds for window in windows), SECONDS_EACH) as pace:
            for batch in self._batches(windows):
                with pace.step(sum(window.seconds for window in batch)):
                    encoded = self._encode(batch, audio)
                    found = found or self._language(batch, encoded, language, among)
                    words += self._recognise(batch, encoded, Ask(audio, found.chosen))
        assert found is not None
        ask = Ask(audio, found.chosen)
        doubtful, again = doubts(windows, words, hints), list[list[HeardWord]]()
        for number, doubt in enumerate(doubtful, 1):
            again.append(self._again(doubt, ask))
            progress(1 - _HINTS_SHARE * (1 - number / len(doubtful)))
        progress(1.0)
        return Recognition(found.chosen, found.confidence, settled(words, doubtful, again))

    def _again(self, doubt: Doubt, ask: Ask) -> list[HeardWord]:
        """What is heard in a window with the words in mind that may have been said there."""
        tokenizer = self._tokenizer(ask.language)
        hints = prompt(doubt.terms, lambda text: len(tokenizer.encode(text)) <= _MOST_HINT_TOKENS)
        return self.hear(doubt.window, ask.audio, ask.language, hints)[1] if hints else []

    def hear(
        self, window: Window, audio: DecodedAudio, language: str | None, hints: str = ""
    ) -> tuple[str, list[HeardWord]]:
        """One window, in the language it is told to be in, or else seems to be in; and that language."""
        encoded = self._encode([window], audio)
        language = language or self._language([window], encoded, None).chosen
        return language, list(self._recognise([window], encoded, Ask(audio, language, hints)))

    def _encode(self, batch: Sequence[Window], audio: DecodedAudio) -> Any:
        features = [self._features(window, audio) for window in batch]
        return self._model.encode(np.stack(features))

    def _features(self, window: Window, audio: DecodedAudio) -> Any:
        from faster_whisper import audio as sound

        library: Any = sound
        return library.pad_or_trim(self._model.feature_extractor(window.samples(audio))[..., :-1])

    def _language(
        self, batch: Sequence[Window], encoded: Any, hint: str | None, among: Sequence[str] = ()
    ) -> Languages:
        if not self._model.model.is_multilingual:
            return Languages("en", 1.0)
        answers = self._model.model.detect_language(encoded)
        votes = [{token[2:-2]: float(share) for token, share in answer} for answer in answers]
        supported = self._model.supported_languages
        known = hint if hint in supported else None
        expected = [one for one in among if one in supported]
        return choose(pool(votes, [window.seconds for window in batch]), known, expected)

    def _recognise(self, batch: Sequence[Window], encoded: Any, ask: Ask) -> Iterator[HeardWord]:
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
        frames = [int(np.ceil(window.seconds * self._model.frames_per_second)) for window in batch]
        aligned = self._model.find_alignment(tokenizer, tokens, encoded, frames)
        for window, alignment in zip(batch, aligned, strict=True):
            yield from without_impossible_loops(list(_words(window, alignment)))
        for smaller in self._batches([half for split in parts for half in split]):
            yield from self._recognise(smaller, self._encode(smaller, ask.audio), ask)

    def _batches(self, windows: Sequence[Window]) -> Iterator[Sequence[Window]]:
        for first in range(0, len(windows), self._device.batch):
            yield windows[first : first + self._device.batch]

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper import tokenizer

        library: Any = tokenizer
        multilingual = self._model.model.is_multilingual
        return library.Tokenizer(self._model.hf_tokenizer, multilingual, task="transcribe", language=language)

    def _decode(self, tokenizer: Any, encoded: Any, count: int, hints: str, **how: Any) -> list[_Decoded]:
        from faster_whisper import transcribe

        library: Any = transcribe
        start = self._model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hints or None)
        results = self._model.model.generate(
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
