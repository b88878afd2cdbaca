"""Words: English where they are written, the language of the pages where they are shown."""

import copy
import json
import pickle
from collections.abc import Iterator
from gettext import NullTranslations

import pytest
from markupsafe import escape

from calltrace.kit import words
from calltrace.kit.words import Sentence, Tongue, Words, joined, local, markup_plural, speak, tongue


class Backwards(NullTranslations):
    """A language that begins with its last word."""

    def gettext(self, message: str) -> str:
        return " ".join(reversed(message.split()))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def backwards() -> Iterator[None]:
    before = tongue()
    speak(Tongue("xx", Backwards()))
    yield
    speak(before)


@pytest.mark.usefixtures("backwards")
def test_a_page_shows_the_language_and_everything_else_english() -> None:
    said = Words("Call of %(name)s", name="<Ann>")
    assert str(escape(said)) == "&lt;Ann&gt; of Call"
    assert said == "Call of <Ann>"
    assert json.dumps(said) == '"Call of <Ann>"'
    assert local(said) == "<Ann> of Call"


@pytest.mark.usefixtures("backwards")
def test_words_within_words_and_numbers() -> None:
    calls = Words.plural("%(count)s call here", "%(count)s calls here", 2)
    assert str(escape(calls)) == "here calls 2"
    assert str(escape(Words("Of %(what)s", what=Words("two words")))) == "words two Of"
    assert str(escape(joined(", ", [Words("one two"), "<kept>"]))) == "two one, &lt;kept&gt;"


@pytest.mark.usefixtures("backwards")
def test_programs_may_read_another_english_than_pages_are_made_of() -> None:
    said = Words("At most %(most)s names", most=3).where_programs_read("names: at most 3")
    assert json.dumps(said) == '"names: at most 3"'
    assert str(escape(said)) == "names 3 most At"
    people = Words.plural("%(count)s person", "%(count)s people", 2).where_programs_read("n: 2")
    assert (people, str(escape(people))) == ("n: 2", "people 2")


@pytest.mark.usefixtures("backwards")
def test_what_went_on_after_a_place_stands_alone_as_a_sentence() -> None:
    said = Sentence(Words("there is no %(what)s", what="<b>"))
    assert (said, str(escape(said))) == ("There is no <b>.", "&lt;b&gt; no is there.")
    assert Sentence("Is it?") == "Is it?"


@pytest.mark.parametrize(("count", "said"), [(1, "1"), (1.0, "1"), (0.5, "many"), (1.5, "many"), (2, "many")])
def test_a_part_of_one_is_several(count: float, said: str) -> None:
    assert markup_plural("1", "many", count) == said


def test_a_text_of_any_kind_is_no_pattern() -> None:
    assert str(escape(Words.of("100 %(x)s & more"))) == "100 %(x)s &amp; more"


def test_copies_are_words_and_pickles_are_english() -> None:
    said = Words("Call of %(name)s", name="Ann")
    assert copy.deepcopy(said) is said
    assert pickle.loads(pickle.dumps(said)) == "Call of Ann"


@pytest.mark.usefixtures("backwards")
def test_what_others_wrote_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_MOST_KEPT", 3)
    for number in range(10):
        assert str(escape(Words.of(f"no file {number}"))) == f"{number} file no"
    assert len(tongue().escaped) == 3
