"""A model server as the worker's child, the command line and the doctor ask it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from calltrace.evaluation.model.errors import ModelKeyRefusedError, ModelUnavailableError
from calltrace.evaluation.model.server import chosen_model, load_model
from calltrace.evaluation.model.talk import check_model
from calltrace.kit.children import Child
from calltrace.kit.errors import ProcessingError
from calltrace.pipeline.context import build_child
from calltrace.pipeline.steps import evaluation_request
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.settings import Settings, load_settings
from calltrace.speech.transcript import Attribution, Segment, Transcript
from llm_server import LlmServer, Reply, answers, completion, quoting, serving

KEY = "sk-of-the-test-0123456789"
WORDS = "I am so sorry, I understand how worrying that must be for you."
TURNS = (
    ("agent", "Good afternoon, thank you for calling Fairview Gas, my name is Odette."),
    ("customer", "My heating bill doubled and I am really upset, I can't pay that."),
    ("agent", WORDS),
)


@pytest.fixture
def llm() -> Generator[LlmServer]:
    with serving(LlmServer(quoting({"empathy": ["I understand how worrying"]}))) as server:
        yield server


@pytest.fixture
def settings(llm: LlmServer, tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, llm_url=llm.url, llm_model="tiny", llm_api_key=KEY)


@pytest.fixture
async def child(settings: Settings, tmp_path: Path) -> AsyncGenerator[Child]:
    child = build_child(settings, tmp_path)
    yield child
    await child.close()


def call() -> Transcript:
    segments = [
        Segment(
            id=f"s{n}", speaker="agent" if who == "agent" else "customer", speaker_id=who, channel=0,
            start=n * 5.0, end=n * 5.0 + 4, text=text, confidence=1,
        )
        for n, (who, text) in enumerate(TURNS)
    ]  # fmt: skip
    attribution = Attribution(method="channel", confidence=1.0)
    return Transcript(language="en", language_confidence=1.0, attribution=attribution, segments=segments)


async def test_the_child_asks_the_model_and_says_what_it_could_not_do(child: Child, llm: LlmServer) -> None:
    shares: list[float] = []
    request = evaluation_request(call(), default_scorecard(), 15.0, None)
    answer = await child.call(request, lambda progress: shares.append(progress["share"]))
    by_key = {one["key"]: one for one in answer["evaluation"]["criteria"]}
    assert by_key["empathy"]["method"] == "model"
    assert "tiny (model, prompts " in answer["evaluator"]
    assert answer["warnings"] == []
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    asked = len(llm.requests)
    again = await child.call(request, lambda _progress: None)
    assert again["evaluation"]["criteria"] == answer["evaluation"]["criteria"]
    assert not [one for one in llm.requests[asked:] if one.questions], "asked once, remembered"
    llm.script = lambda _: Reply(b"", 401)
    changed = call().model_copy(update={"segments": call().segments[:2]})
    answer = await child.call(
        evaluation_request(changed, default_scorecard(), 15.0, None), lambda _progress: None
    )
    assert [one["code"] for one in answer["warnings"]] == ["model_fallback"]
    assert KEY not in json.dumps(answer)


def test_the_command_line_honours_the_settings(llm: LlmServer, tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text(call().model_dump_json())
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CALLTRACE_LLM_URL": llm.url,
        "CALLTRACE_LLM_MODEL": "tiny", "CALLTRACE_LLM_API_KEY": KEY,
    }  # fmt: skip
    command = [sys.executable, "-m", "calltrace", "evaluate", str(path), "--json"]

    def run() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
        )

    made: Any = json.loads(run().stdout)
    assert {one["key"]: one["method"] for one in made["criteria"]}["empathy"] == "model"
    llm.script = lambda _: Reply(b"PWNED", 500)
    done = run()
    assert "decided without the model: The model server is not available. (model_fallback)" in done.stderr
    assert "PWNED" not in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_the_doctor_asks_the_server(llm: LlmServer, settings: Settings) -> None:
    server = load_model(chosen_model(settings))
    assert server
    llm.script = lambda _: answers({"ready": "yes"})
    assert asyncio.run(check_model(server)) == f"tiny answers at {llm.url}/chat/completions"
    llm.script = lambda _: completion("Yes!")
    assert "there was no JSON object in the answer" in asyncio.run(check_model(server))
    llm.script = lambda one: Reply(b"", 400) if "response_format" in one.body else answers({"ready": "yes"})
    assert "it knows no JSON schema" in asyncio.run(check_model(server))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(KEY.encode(), 401), ModelKeyRefusedError),
        (Reply(b"", 429, {"Retry-After": "99"}), ModelUnavailableError),
    ],
)
def test_the_doctor_says_what_is_wrong_without_the_key(
    llm: LlmServer, settings: Settings, reply: Reply, error: type[ProcessingError]
) -> None:
    server = load_model(chosen_model(settings))
    assert server
    llm.script = lambda _: reply
    with pytest.raises(error) as caught:
        asyncio.run(check_model(server))
    assert KEY not in caught.value.detail + repr(server)


def test_without_an_address_there_is_no_model(tmp_path: Path) -> None:
    assert load_model(chosen_model(load_settings(data_dir=tmp_path))) is None
