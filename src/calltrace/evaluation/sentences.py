"""Sentences of a turn, by their punctuation."""

import re

_SENTENCE = re.compile(r"[^.!?…;]+[.!?…;]*[\"'\u201d\u00bb)]*", re.UNICODE)
_MIN_SENTENCE = 12


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Sentences by their punctuation, too short ones joined to the one before; never beyond the text."""
    spans: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        start, end = match.start() + len(match[0]) - len(match[0].lstrip()), match.end()
        if spans and end - start < _MIN_SENTENCE:
            spans[-1] = (spans[-1][0], end)
        elif start < end:
            spans.append((start, end))
    return spans or [(0, len(text))]
