"""The copies of a Whisper model that are loaded: one for many windows, one for a single window.

On a processor, windows that are heard side by side with one thread each take two thirds of the time that
they take one after the other with two threads: all threads of one window wait for each other at every
layer of every token (decision 0004). A single window can only be heard with all threads at once, so what
asks for one gets a copy of its own, loaded when it is first wanted. Of a model so big that nobody wants it
in memory twice, or on a graphics card, there is one copy.
"""

import threading
from pathlib import Path
from typing import Any

from calltrace.kit import threads
from calltrace.speech.engines import device
from calltrace.speech.engines.device import CPU
from calltrace.speech.engines.recogniser import Recogniser

MOST_HANDS = 4
"""Batches at once: each has its own activations, some 150 MB for ``base``."""
_BATCH = 2
"""Windows of one hand: fewer cost more each, more leave hands idle at the end of a call."""
_SMALL_BYTES = 300_000_000
"""``tiny``, ``base`` and ``small`` in 8 bits."""


def hands_for(allowed: int, size: int) -> int:
    """How many windows a model of so many bytes hears side by side with the threads that it may use."""
    return min(allowed, MOST_HANDS) if size <= _SMALL_BYTES else 1


class Copies:
    """The loaded copies of the model in a folder."""

    def __init__(self, folder: Path, context: int) -> None:
        """Load the copy for many windows."""
        self._folder = folder
        self._context = context
        self._device = device.find()
        self._allowed = threads.allowed()
        size = (folder / "model.bin").stat().st_size
        hands = hands_for(self._allowed, size) if self._device == CPU else 1
        self._lock = threading.Lock()
        self._many = self._load(hands)
        self._single = self._many if hands == 1 else None

    def of(self, windows: int) -> Recogniser:
        """The copy that hears so many windows soonest."""
        return self._many if windows > 1 else self.single

    @property
    def single(self) -> Recogniser:
        """The copy that puts all threads to one batch, as the library itself does."""
        with self._lock:
            self._single = self._single or self._load(1)
            return self._single

    def _load(self, hands: int) -> Recogniser:
        import faster_whisper

        library: Any = faster_whisper
        model = library.WhisperModel(
            str(self._folder),
            device=self._device.name,
            compute_type=self._device.compute_type,
            cpu_threads=self._allowed // hands,
            num_workers=hands,
            local_files_only=True,
        )
        return Recogniser(model, self._context, hands, self._device.batch if hands == 1 else _BATCH)
