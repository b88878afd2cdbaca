"""What every engine must do, on the real model: in this process, and behind a server of each kind."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np
import pytest

from asr_server import DIALECTS, TELLS_LANGUAGE, AsrServer
from calltrace.kit.progress import silent
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.channels import listen
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.openai_compatible import OpenAICompatibleEngine
from calltrace.speech.engines.protocol import Engine, HeardWord, Recognition
from calltrace.speech.engines.remote_server import Server
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.wer import word_errors
from calltrace.speech.windows import Stretch
from pure.speech.conftest import MakeAudio

KINDS = ("local", *DIALECTS)
TELLING = ("local", *TELLS_LANGUAGE)
UNRELATED = ("Zylotrex", "Quintanilla", "Nimbuscare", "Wojciechowski", "Cardiozen", "Trelawney")
AGENT = (
    "Thank you for calling Harbor Broadband, my name is Grace. This call is recorded for quality and"
    " training. How can I help you today?"
)
CUSTOMER = (
    "Hi Grace. My internet keeps dropping every evening, and it has been going on for two weeks. I work from"
    " home, and honestly, I am really fed up with it."
)


@pytest.fixture
def listener(kind: str, engine: FasterWhisperEngine, asr: AsrServer) -> Engine:
    """The engine of a kind."""
    if kind == "local":
        return engine
    asr.dialect = next(one for one in DIALECTS if one == kind)
    return OpenAICompatibleEngine(Server(asr.url, "whisper-base", waits=(0.01, 0.02)))


@pytest.fixture
def speech(opening: DecodedAudio) -> Sequence[Stretch]:
    return listen(opening, silent).speech


@pytest.fixture(scope="module")
def known() -> dict[str, Recognition]:
    """What each engine heard without hints: the model need not hear it for every test."""
    return {}


@pytest.fixture
def heard(
    listener: Engine,
    kind: str,
    opening: DecodedAudio,
    speech: Sequence[Stretch],
    known: dict[str, Recognition],
) -> Recognition:
    """The opening, heard in English."""
    if kind not in known:
        known[kind] = hear(listener, opening, speech, "en")
    return known[kind]


def text_of(words: Sequence[HeardWord], channel: int | None = None) -> str:
    own = [word for word in words if channel in {word.channel, None}]
    return "".join(word.text if word.glued else f" {word.text}" for word in own).strip()


def hear(
    listener: Engine, audio: DecodedAudio, speech: Sequence[Stretch], language: str | None = None, *hints: str
) -> Recognition:
    return listener.transcribe(audio, speech, language, silent, hints)


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_what_was_said_in_order_inside_their_stretches(
    heard: Recognition, speech: Sequence[Stretch]
) -> None:
    for channel, said in enumerate((AGENT, CUSTOMER)):
        own = [word for word in heard.words if word.channel == channel]
        errors, count = word_errors(said, text_of(own[: len(said.split())]))
        assert errors <= count * 0.1
        assert all(one.start <= two.start and one.end <= two.end for one, two in pairwise(own))
        for word in own:
            assert 0 <= word.confidence <= 1
            assert any(
                one.channel == channel and one.start <= word.start <= word.end <= one.end for one in speech
            )


@pytest.mark.parametrize("kind", DIALECTS)
def test_a_server_is_read_as_the_model_in_this_process(
    heard: Recognition,
    known: dict[str, Recognition],
    engine: FasterWhisperEngine,
    kind: str,
    opening: DecodedAudio,
    speech: Sequence[Stretch],
) -> None:
    ours, theirs = (known.get("local") or hear(engine, opening, speech, "en")).words, heard.words
    errors, count = word_errors(text_of(ours), text_of(theirs))
    assert errors <= count * 0.03  # windows in batches and alone are not computed quite the same
    blocks = SequenceMatcher(None, [w.text for w in ours], [w.text for w in theirs]).get_matching_blocks()
    same = [(ours[a + n], theirs[b + n]) for a, b, size in blocks for n in range(size)]
    apart = [abs(one.start - two.start) for one, two in same]
    within = {"openai": 0.15, "speaches": 0.1, "whisper.cpp": 0.1, "vllm": 1.5, "localai": 1.5, "json": 6.0}
    assert float(np.quantile(apart, 0.9)) <= within[kind]
    if kind in {"speaches", "whisper.cpp"}:  # which say how sure they are of each word
        assert float(np.mean([abs(one.confidence - two.confidence) for one, two in same])) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_the_language_is_found_or_said_to_be_unknown(
    listener: Engine, kind: str, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    heard = hear(listener, opening, speech)
    if kind in TELLING:
        assert heard.language == "en"
        assert heard.language_confidence > 0.8
    else:
        assert (heard.language, heard.language_confidence) == ("und", 0.0)
    assert "Harbor Broadband" in text_of(heard.words)


@pytest.mark.parametrize("kind", TELLING)
def test_a_hint_that_is_plainly_wrong_is_overruled(
    listener: Engine, heard: Recognition, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    overruled = hear(listener, opening, speech, "de")
    assert overruled.language == "en"
    assert text_of(overruled.words) == text_of(heard.words)


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_speaks_no_engine_is_asked(
    listener: Engine, asr: AsrServer, make_audio: MakeAudio
) -> None:
    quiet = make_audio(np.zeros(5 * SAMPLE_RATE))
    assert transcribe(quiet, SpeechOptions(hints=("Grace",)), listener).segments == []
    assert asr.requests == []


@pytest.mark.parametrize("kind", KINDS)
def test_digital_silence_that_was_taken_for_speech_has_no_words(
    listener: Engine, make_audio: MakeAudio
) -> None:
    quiet = make_audio(np.zeros(5 * SAMPLE_RATE))
    words = hear(listener, quiet, [Stretch(0, 0.0, 4.0)], "en", "Harbor Broadband", "Grace").words
    assert "Grace" not in text_of(words)
    assert "Harbor" not in text_of(words)


@pytest.mark.parametrize("kind", KINDS)
def test_progress_rises_to_the_end(
    listener: Engine, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    shares: list[float] = []
    listener.transcribe(opening, speech, None, shares.append, ("Harbour Broadbent",))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(0 <= share <= 1 for share in shares)
    assert len(set(shares)) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_call_gives_the_same_words(
    listener: Engine, heard: Recognition, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    assert hear(listener, opening, speech, "en") == heard


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_a_list_that_were_not_said_change_nothing(
    listener: Engine, heard: Recognition, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    assert hear(listener, opening, speech, "en", *UNRELATED) == heard


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_a_list_are_written_as_in_the_list(
    listener: Engine, heard: Recognition, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    before = text_of(heard.words)
    after = text_of(hear(listener, opening, speech, "en", *UNRELATED, "HarborBroadband").words)
    assert "Harbor Broadband" in before
    assert after == before.replace("Harbor Broadband", "HarborBroadband")


class EnoughError(Exception):
    """Whoever asked wants no more."""


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_asked_can_stop_it(
    listener: Engine, asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    def stop(_share: float) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        listener.transcribe(opening, speech, "en", stop)
    asked = len(asr.requests)
    hear(listener, opening, speech, "en")  # and it still works
    assert asked <= 4
