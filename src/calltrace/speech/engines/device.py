"""Where a model in CTranslate2 form runs: on the graphics card if there is one, else on the processor."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

_ON_CUDA = ("float16", "int8_float32", "float32")
"""The best first: cards before 2017 do not compute in half precision."""


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device, in what numbers it computes, and how many windows of speech it takes at a time."""

    name: str
    compute_type: str
    batch: int


CPU = Device("cpu", "int8", 8)


def find() -> Device:
    """The device to use. An empty ``CUDA_VISIBLE_DEVICES`` keeps the work on the processor."""
    import ctranslate2

    library: Any = ctranslate2
    cards = int(library.get_cuda_device_count())
    return choose(cards, library.get_supported_compute_types("cuda") if cards else ())


def choose(cards: int, compute_types: Collection[str]) -> Device:
    """CUDA if there is a card that computes in one of the known ways, in batches of 16, else the processor.

    Args:
        cards: how many CUDA devices there are.
        compute_types: what the first one supports, in CTranslate2's names.
    """
    known = next((one for one in _ON_CUDA if one in compute_types), None)
    return Device("cuda", known, 16) if cards and known else CPU


def one_of(encoded: Any, place: int) -> Any:
    """What one window of a batch was encoded to, as a batch of one: encoding it anew takes half a second.

    Args:
        encoded: windows x frames x features, in the engine's own form; from a card it comes by way of memory.
        place: of the window in the batch.
    """
    import ctranslate2

    library: Any = ctranslate2
    if encoded.device != "cpu":
        encoded = encoded.to_device(library.Device.cpu)
    row = np.ascontiguousarray(np.asarray(encoded)[place : place + 1])
    return library.StorageView.from_array(row)
