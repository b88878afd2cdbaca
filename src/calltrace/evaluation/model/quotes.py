"""Where a quote stands: letter for letter, or else in the same words, written otherwise."""

import unicodedata

_SHORTEST = 2
"""Letters and digits: fewer prove nothing."""


def find(quote: str, text: str) -> tuple[int, int] | None:
    """Where ``quote`` stands in ``text``, in characters; ``None`` if its words do not stand there in a row.

    Case, accents, punctuation and spaces do not count in the second look; whole words always do.
    """
    wanted = quote.strip()
    words, _ = _plain(wanted)
    if len(words.replace(" ", "")) < _SHORTEST:
        return None
    at = text.find(wanted)
    if at >= 0 and _whole(text, at, at + len(wanted)):
        return at, at + len(wanted)
    letters, places = _plain(text)
    at = f" {letters} ".find(f" {words} ")
    if at < 0:
        return None
    return places[at], places[at + len(words) - 1] + 1


def _whole(text: str, start: int, end: int) -> bool:
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return not (before or after)


def _plain(text: str) -> tuple[str, list[int]]:
    """Words without case and accents, one space between; and the place of each character in ``text``."""
    letters: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        for one in unicodedata.normalize("NFKD", character.casefold()):
            if one.isalnum():
                letters.append(one)
                places.append(at)
            elif not unicodedata.combining(one) and one not in "'\u2019" and letters and letters[-1] != " ":
                letters.append(" ")
                places.append(at)
    while letters and letters[-1] == " ":
        letters.pop()
        places.pop()
    return "".join(letters), places
