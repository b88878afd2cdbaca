"""Finding voices while the words are being recognised: the recogniser's beam leaves processors idle."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from types import TracebackType
from typing import Self

from calltrace.kit import threads
from calltrace.kit.progress import Progress
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.voices.service import Voices, find_voices
from calltrace.speech.windows import Stretch

_TELL_SECONDS = 1.0


class _NotWantedError(Exception):
    """Whoever wanted to know has gone."""


class VoicesBeside:
    """Finds the voices of every channel with speech, in one thread beside the caller's work.

    Where models may compute with one thread only, that thread is the caller's: nothing is begun until it
    is asked for. Used as a context: leaving it stops what is still being listened to.
    """

    def __init__(self, audio: DecodedAudio, speech: Sequence[Stretch]) -> None:
        self._audio = audio
        self._speech = {
            channel: [stretch for stretch in speech if stretch.channel == channel]
            for channel in sorted({stretch.channel for stretch in speech})
        }
        self._likely_one = len(self._speech) > 1
        self._begun: dict[int, Future[Voices | None]] = {}
        self._share = dict.fromkeys(self._speech, 0.0)
        self._left = threading.Event()
        self._thread = ThreadPoolExecutor(1, "voices")

    def __enter__(self) -> Self:
        if threads.allowed() > 1:
            self._begun = {channel: self._thread.submit(self._listen, channel) for channel in self._speech}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._thread.shutdown(cancel_futures=True)

    def of(self, channel: int, progress: Progress, *, likely_one: bool) -> Voices | None:
        """The voices on a channel; waits for them, or listens now if they were looked for otherwise."""
        begun = self._begun.get(channel)
        if begun is None or likely_one != self._likely_one:
            return find_voices(self._audio, self._speech[channel], likely_one=likely_one, progress=progress)
        while not wait_for([begun], _TELL_SECONDS).done:
            progress(self._share[channel])
        return begun.result()

    def _listen(self, channel: int) -> Voices | None:
        def tell(share: float) -> None:
            self._share[channel] = share
            if self._left.is_set():
                raise _NotWantedError

        return find_voices(self._audio, self._speech[channel], likely_one=self._likely_one, progress=tell)
