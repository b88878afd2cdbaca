"""Words are compared without case and accents, in any language."""

import pytest

from calltrace.kit.folding import LONGEST, folded, placed, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Refund, PLEASE!", ["refund", "please"]),
        ("Der Müller aus der Straße", ["der", "muller", "aus", "der", "strasse"]),
        ("L'été à Nîmes, cœur", ["l", "ete", "a", "nimes", "coeur"]),
        ("¿Cuánto costó el año?", ["cuanto", "costo", "el", "ano"]),
        ("Łódź, não, perché", ["lodz", "nao", "perche"]),
        ("Я хочу вернуть ДЕНЬГИ", ["я", "хочу", "вернуть", "деньги"]),
        ("退款", ["退", "款"]),
        ("İstanbul, e\u0301te\u0301", ["istanbul", "ete"]),
        ("crm_call-14711.mp3", ["crm", "call", "14711", "mp3"]),
        ("%_%''\"\\ \0…", []),
        ("½ x²", ["12", "x2"]),
    ],
)
def test_words_of_many_languages(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert words(" ".join(expected).upper()) == expected  # as they are searched for


def test_words_know_where_they_stand() -> None:
    text = "Ja, die Rückerstattung!"
    assert [text[one.start : one.end] for one in placed(text)] == ["Ja", "die", "Rückerstattung"]


def test_a_word_without_end_is_cut() -> None:
    assert folded("a" * 500) == f" {'a' * LONGEST} "
    assert folded("...") == ""
