"""Word and character errors with a normaliser of our own: what a reader would call the same words."""

import re
import unicodedata

from rapidfuzz.distance import Levenshtein

_DIGITS: dict[str, tuple[str, ...]] = {
    "0": ("zero", "oh", "null", "zéro", "cero", "ноль"),
    "1": ("one", "eins", "un", "uno", "um"),
    "2": ("two", "zwei", "deux", "dos", "dois", "due"),
    "3": ("three", "drei", "trois", "tres", "três", "tre"),  # codespell:ignore
    "4": ("four", "vier", "quatre", "cuatro", "quatro", "quattro"),
    "5": ("five", "fünf", "cinq", "cinco", "cinque"),
    "6": ("six", "sechs", "seis", "sei"),
    "7": ("seven", "sieben", "sept", "siete", "sete", "sette"),
    "8": ("eight", "acht", "huit", "ocho", "oito", "otto"),
    "9": ("nine", "neun", "neuf", "nueve", "nove"),
}
_DIGIT_OF = {word: digit for digit, words in _DIGITS.items() for word in words}
_FILLERS = frozenset({"uh", "um", "uhm", "äh", "ähm", "euh", "mhm", "hmm", "hm"})
_SAME = {"mister": "mr", "missus": "mrs", "doctor": "dr", "okay": "ok", "yknow": "you know"}


def normalised(text: str) -> list[str]:
    """Lower-case words without punctuation and fillers; numbers digit by digit."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")  # noqa: RUF001 - a typographic apostrophe
    plain = re.sub(r"(?<=\d)[.,](?=\d)", "", plain)
    plain = re.sub(r"(\d)", r" \1 ", plain)
    words: list[str] = re.findall(r"\w+(?:'\w+)?", plain)
    same: list[str] = " ".join(_SAME.get(word, word) for word in words if word not in _FILLERS).split()
    return [_DIGIT_OF.get(word, word) for word in same]


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """(errors, words of the reference): substitutions, insertions and deletions (Levenshtein)."""
    expected = normalised(reference)
    return Levenshtein.distance(expected, normalised(heard)), len(expected)


def character_errors(reference: str, heard: str) -> tuple[int, int]:
    """The same by characters of the normalised words, spaces left out."""
    expected = "".join(normalised(reference))
    return Levenshtein.distance(expected, "".join(normalised(heard))), len(expected)
