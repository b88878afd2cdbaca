"""A transcription server that is away, slow or wrong: what is tried again, and what is an error at once."""

import ssl
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
import structlog
import trustme

from asr_server import AsrServer, Fault, serving
from calltrace.kit.errors import ConfigurationError, ProcessingError
from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.settings import load_settings
from calltrace.speech.channels import listen
from calltrace.speech.engines.catalogue import EngineChoice, check_engine, chosen, load_engine
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.openai_compatible import OpenAICompatibleEngine
from calltrace.speech.engines.protocol import Recognition
from calltrace.speech.engines.remote_server import Server
from calltrace.speech.windows import Stretch

KEY = "sk-of-the-test-0123456789"
WAITS = (0.01, 0.02)
TOO_MANY = Fault(429, b'{"error": {"message": "Slow down."}}', {"Retry-After": "0"})
BROKEN = Fault(500, b"oops")
HTML = Fault(200, b"<html>Welcome</html>", {"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture
def speech(opening: DecodedAudio) -> Sequence[Stretch]:
    return listen(opening, silent).speech[:3]


def engine_of(asr: AsrServer, **how: object) -> OpenAICompatibleEngine:
    fields: dict[str, object] = {"url": asr.url, "model": "whisper-1", "api_key": KEY, "waits": WAITS}
    return OpenAICompatibleEngine(Server(**(fields | how)))  # type: ignore[arg-type] - a table of fields


def hear(
    asr: AsrServer, audio: DecodedAudio, speech: Sequence[Stretch], language: str | None = "en", **how: object
) -> Recognition:
    return engine_of(asr, **how).transcribe(audio, speech, language, silent)


PASSING = {
    "too many": [TOO_MANY],
    "too many, with a date": [
        Fault(429, b"", {"Retry-After": format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True)})
    ],
    "too early, and a header without sense": [Fault(425, b"", {"Retry-After": "soon"})],
    "out of order twice": [BROKEN, Fault(503)],
    "an answer broken off": [Fault(200, b'{"text": "Hello there"}', cut=True)],
    "an answer broken off without a length": [Fault(200, b'{"text": "Hel')],
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again(
    asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch], faults: list[Fault]
) -> None:
    expected = hear(asr, opening, speech)
    asr.reset().faults = list(faults)
    assert hear(asr, opening, speech) == expected
    assert not asr.faults


LASTING = {
    "server error": (BROKEN, "asr_unavailable", True, 3),
    "always busy": (TOO_MANY, "asr_unavailable", True, 3),
    "busy for long": (Fault(429, b"", {"Retry-After": "3600"}), "asr_unavailable", True, 1),
    "broken off": (Fault(200, b'{"text": "x"}', cut=True), "asr_unavailable", True, 3),
    "a web page": (HTML, "asr_unreadable", False, 1),
    "another kind of JSON": (Fault(200, b'{"status": "ok"}'), "asr_unreadable", False, 1),
    "a list": (Fault(200, b"[]"), "asr_unreadable", False, 1),
    "deep JSON": (Fault(200, b"[" * 200_000, {"Content-Type": "text/plain"}), "asr_unreadable", False, 1),
    "a wrong key": (Fault(401, f'{{"error": {{"message": "Bad key {KEY}"}}}}'.encode()), "asr_unauthorized",
                    False, 1),
    "a key without rights": (Fault(403), "asr_unauthorized", False, 1),
    "no such model": (Fault(404, b'{"detail": "Model \'x\' is not installed"}'), "asr_refused", False, 1),
    "a bad request": (Fault(400, f'{{"error": "bad request of {KEY}"}}'.encode()), "asr_refused", False, 3),
    "too large": (Fault(413), "asr_refused", False, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", LASTING)
def test_what_stays_is_an_error_that_says_so_and_keeps_the_key_to_itself(
    asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch],
    name: str,
) -> None:  # fmt: skip
    asr.always, code, retryable, asked = LASTING[name]
    with structlog.testing.capture_logs() as logs, pytest.raises(ProcessingError) as caught:
        hear(asr, opening, speech, None, concurrency=1)
    error = caught.value
    assert (error.code, error.retryable, len(asr.requests)) == (code, retryable, asked)
    assert error.status >= 500  # nothing is wrong with the recording
    assert error.detail[-1] in ".…" or ":" in error.detail
    assert logs[-1]["code"] == code
    assert KEY not in f"{error.detail}{logs}{Server(asr.url, 'm', KEY)!r}"
    assert asr.requests[0].authorization == f"Bearer {KEY}"


def test_the_server_s_own_words_are_passed_on(
    asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    asr.always = Fault(404, b'{"error": {"message": "The model\\n `x` does not exist"}}')
    with pytest.raises(ProcessingError, match=r"answered 404: The model `x` does not exist"):
        hear(asr, opening, speech)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(
    asr: AsrServer, engine: FasterWhisperEngine, opening: DecodedAudio, speech: Sequence[Stretch],
    tmp_path: Path, status: int,
) -> None:  # fmt: skip
    with serving(AsrServer(engine, tmp_path)) as elsewhere:
        asr.always = Fault(status, b"", {"Location": f"{elsewhere.url}/audio/transcriptions"})
        with pytest.raises(ProcessingError, match="redirect") as caught:
            hear(asr, opening, speech)
        assert (caught.value.code, elsewhere.requests) == ("asr_refused", [])


def test_a_call_has_a_time_limit_for_everything(
    asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    asr.always = Fault(seconds=3)
    started = time.monotonic()
    with pytest.raises(ProcessingError, match=r"within 0\.2 seconds") as caught:
        hear(asr, opening, speech, timeout_seconds=0.2)
    assert caught.value.code == "asr_unavailable"
    assert time.monotonic() - started < 2.5


def test_a_server_that_is_not_there_may_come_back(
    asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    with pytest.raises(ProcessingError) as caught:
        hear(asr, opening, speech, url="http://127.0.0.1:9/v1")
    assert (caught.value.code, caught.value.retryable) == ("asr_unavailable", True)


def test_a_server_that_knows_only_plain_json_is_asked_for_that_from_then_on(
    asr: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch]
) -> None:
    asr.reset("json")
    listener = engine_of(asr, concurrency=1)
    first = listener.transcribe(opening, speech, "en", silent)
    asr.requests.clear()
    assert listener.transcribe(opening, speech, "en", silent) == first
    assert {request.text("response_format") for request in asr.requests} == {"json"}
    assert {request.text("language") for request in asr.requests} == {None, "en"}


def test_so_many_calls_run_at_once_and_no_more(asr: AsrServer, sample_call: DecodedAudio) -> None:
    asr.always = Fault(200, b'{"text": "Hello.", "language": "en"}', seconds=0.5)
    pieces = [Stretch(0, 20.0 * n, 20.0 * n + 20) for n in range(5)]
    hear(asr, sample_call, pieces, concurrency=3)
    assert len(asr.requests) == 5
    assert asr.most_at_once == 3


@pytest.fixture
def secure(engine: FasterWhisperEngine, tmp_path: Path, authority: trustme.CA) -> Generator[AsrServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's
    with serving(AsrServer(engine, tmp_path), context) as server:
        server.always = Fault(200, b'{"text": "Hello.", "language": "en"}')
        yield server


def test_certificates_are_checked_against_the_operator_s_file(
    secure: AsrServer, opening: DecodedAudio, speech: Sequence[Stretch], ca_file: Path, tmp_path: Path
) -> None:
    assert [word.text for word in hear(secure, opening, speech, ca_file=ca_file).words] == ["Hello."]
    with pytest.raises(ProcessingError, match="certificate is not trusted"):
        hear(secure, opening, speech)
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(ConfigurationError, match="OUTBOUND_CA_FILE"):
        hear(secure, opening, speech, ca_file=tmp_path / "none.pem")


ADDRESSES = {
    "http://a": "http://a/v1/audio/transcriptions",
    "http://a:8080/": "http://a:8080/v1/audio/transcriptions",
    "https://a/openai/v1": "https://a/openai/v1/audio/transcriptions",
    "https://a/v1/audio/transcriptions": "https://a/v1/audio/transcriptions",
    "http://a:8080/inference": "http://a:8080/inference",
    "https://a/d/w/audio/transcriptions?api-version=1": "https://a/d/w/audio/transcriptions?api-version=1",
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_the_address_may_be_that_of_the_api_or_of_the_call(url: str) -> None:
    assert Server(url, "m").endpoint == ADDRESSES[url]


def test_check_asks_for_a_second_of_next_to_nothing(asr: AsrServer, tmp_path: Path) -> None:
    choice = EngineChoice(model="whisper-1", models_dir=tmp_path / "models", url=asr.url)
    assert check_engine(choice) == f"whisper-1 answers at {asr.url}/audio/transcriptions"
    asr.reset("json")
    assert "without times" in check_engine(choice)
    asr.always = HTML
    with pytest.raises(ProcessingError, match="not with JSON"):
        check_engine(choice)
    assert not choice.models_dir.exists()


def test_the_settings_choose_the_engine(asr: AsrServer, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, asr_url=asr.url, asr_model="whisper-1", asr_api_key=KEY)
    assert load_engine(chosen(settings)).name == "whisper-1 (remote)"
    assert KEY not in repr(chosen(settings)) + repr(settings)
    assert EngineChoice.model_validate_json(chosen(settings).model_dump_json()) == chosen(settings)
    missing = chosen(settings).model_copy(update={"url": ""})
    for use in (load_engine, check_engine):
        with pytest.raises(ConfigurationError, match="no such model"):
            use(missing)
