"""Whisper through faster-whisper and CTranslate2: beam 5, on the processor (int8) or a graphics card.

faster-whisper's own batched pipeline is taken apart here, for four reasons: both channels of a call share
its batches, batches are heard side by side, the language is found from the encoder output that decoding
needs anyway, and words stay inside the stretch of speech that they were heard in.
"""

from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from calltrace.kit.progress import Progress, within
from calltrace.kit.side_by_side import side_by_side
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.copies import Copies
from calltrace.speech.engines.hints import Doubt, doubts, prompt, settled
from calltrace.speech.engines.protocol import HeardWord, Recognition
from calltrace.speech.engines.recogniser import CONTEXT, Ask, Recogniser, Votes
from calltrace.speech.language import Languages, choose, pool
from calltrace.speech.pace import SECONDS_EACH, Pace
from calltrace.speech.windows import Stretch, Window, pack, spread

_SAMPLE = 8  # windows that the language of a call is told from
_WINDOW_SECONDS = 29.0  # below Whisper's 30, so that the last word is never cut by rounding
_ENCODING_SHARE = 0.4  # of what hearing a window takes
_MOST_HINT_TOKENS = 100  # of the 224 that a prompt may have
_HINTS_SHARE = 0.1


class FasterWhisperEngine:
    """A Whisper model in CTranslate2 form, loaded from a folder (see speech.models)."""

    def __init__(self, folder: Path, name: str, context: int = CONTEXT) -> None:
        """Loads the model; a window has ``context / 2`` tokens at most."""
        self._name = name
        self._copies = Copies(folder, context)

    @property
    def name(self) -> str:
        """``whisper-base`` and the like."""
        return self._name

    @property
    def model(self) -> Any:
        """The library's own model as it is usually loaded, for comparison with the bare engine."""
        return self._copies.single.model

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
        part = within(progress, 0.0, 1 - _HINTS_SHARE if hints else 1.0)
        with Pace(part, sum(window.seconds for window in windows), SECONDS_EACH) as pace:
            found, words = _Call(self._copies.of(len(windows)), audio, pace).hear(windows, language, among)
        ask = Ask(audio, found.chosen)
        doubtful, again = doubts(windows, words, hints), list[list[HeardWord]]()
        for number, doubt in enumerate(doubtful, 1):
            again.append(self._again(doubt, ask))
            progress(1 - _HINTS_SHARE * (1 - number / len(doubtful)))
        progress(1.0)
        return Recognition(found.chosen, found.confidence, settled(words, doubtful, again))

    def _again(self, doubt: Doubt, ask: Ask) -> list[HeardWord]:
        """What is heard in a window with the words in mind that may have been said there."""
        copy = self._copies.single
        hints = prompt(doubt.terms, lambda text: copy.tokens(text, ask.language) <= _MOST_HINT_TOKENS)
        return self.hear(doubt.window, ask.audio, ask.language, hints)[1] if hints else []

    def hear(
        self, window: Window, audio: DecodedAudio, language: str | None, hints: str = ""
    ) -> tuple[str, list[HeardWord]]:
        """One window, in the language it is told to be in, or else seems to be in; and that language."""
        copy = self._copies.single
        encoded = copy.encode([window], audio)
        language = language or _language(copy, [window], copy.votes(encoded)).chosen
        return language, list(copy.recognise([window], encoded, Ask(audio, language, hints)))


class _Call:
    """One call being heard: a sample of its windows tells the language, then all are recognised."""

    def __init__(self, copy: Recogniser, audio: DecodedAudio, pace: Pace) -> None:
        self._copy = copy
        self._audio = audio
        self._pace = pace

    def hear(
        self, windows: Sequence[Window], language: str | None, among: Sequence[str]
    ) -> tuple[Languages, list[HeardWord]]:
        """The language, and the words in the order of the windows."""
        batches = self._copy.batches(windows)
        sample = [batch for index, batch in enumerate(batches) if index * len(batches[0]) < _SAMPLE]
        encoded = side_by_side(self._encode, sample, self._copy.hands)
        votes = [vote for _, some in encoded for vote in some]
        found = _language(self._copy, list(chain.from_iterable(sample)), votes, language, among)
        ready = zip_longest(batches, [of for of, _ in encoded])
        heard = side_by_side(lambda pair: self._recognise(*pair, found.chosen), ready, self._copy.hands)
        return found, list(chain.from_iterable(heard))

    def _encode(self, batch: Sequence[Window]) -> tuple[Any, list[Votes]]:
        with self._pace.step(_ENCODING_SHARE * _seconds(batch)):
            encoded = self._copy.encode(batch, self._audio)
            return encoded, self._copy.votes(encoded) if self._copy.is_multilingual else []

    def _recognise(self, batch: Sequence[Window], encoded: Any | None, language: str) -> list[HeardWord]:
        share = 1.0 if encoded is None else 1 - _ENCODING_SHARE
        with self._pace.step(share * _seconds(batch)):
            encoded = self._copy.encode(batch, self._audio) if encoded is None else encoded
            return list(self._copy.recognise(batch, encoded, Ask(self._audio, language)))


def _seconds(batch: Sequence[Window]) -> float:
    return sum(window.seconds for window in batch)


def _language(
    copy: Recogniser,
    windows: Sequence[Window],
    votes: Sequence[Votes],
    hint: str | None = None,
    among: Sequence[str] = (),
) -> Languages:
    if not copy.is_multilingual:
        return Languages("en", 1.0)
    known = hint if hint in copy.languages else None
    expected = [one for one in among if one in copy.languages]
    return choose(pool(votes, [window.seconds for window in windows]), known, expected)
