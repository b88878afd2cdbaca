"""A segment's text as a model is shown it, and the way back to the words that were said.

What is sensitive and what gives orders to an evaluator is cut out; what could end a line or the transcript is
replaced, one character for one, so that no spoken text can pass for anything else than spoken text.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_LOOKALIKES = {"<": "\u2039", ">": "\u203a", "|": "\u00a6"}


@dataclass(frozen=True, slots=True)
class Cut:
    """Characters ``start`` to ``end`` are shown as ``label`` in brackets."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Shown:
    """``text`` as it is shown; ``origins`` has, for each of its characters, where it comes from."""

    text: str
    origins: tuple[tuple[int, int], ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the original that are shown as ``start`` to ``end`` (not empty)."""
        return self.origins[start][0], self.origins[end - 1][1]


def shown(text: str, cuts: Sequence[Cut] = ()) -> Shown:
    """``text`` without its ``cuts``; of cuts that overlap the first and longest one counts."""
    pieces: list[str] = []
    origins: list[tuple[int, int]] = []
    position = 0
    for cut in sorted(cuts, key=lambda one: (one.start, -one.end)):
        if cut.start < position or cut.start >= cut.end:
            continue
        label = f"[{cut.label}]"
        pieces += [*map(_harmless, text[position : cut.start]), label]
        origins += [(at, at + 1) for at in range(position, cut.start)] + [(cut.start, cut.end)] * len(label)
        position = cut.end
    pieces += map(_harmless, text[position:])
    origins += [(at, at + 1) for at in range(position, len(text))]
    return Shown("".join(pieces), tuple(origins))


def _harmless(character: str) -> str:
    """No line ends, controls or halves of characters, and none of the signs that mark off the data."""
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return " "
    return _LOOKALIKES.get(character, character)
