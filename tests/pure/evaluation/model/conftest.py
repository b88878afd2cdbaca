"""A scripted model server, and evaluations that ask it."""

from collections.abc import Callable, Generator
from typing import Any, Protocol

import pytest

from calltrace.evaluation.model.server import ModelChoice, ModelServer
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.evaluation.service import evaluate
from calltrace.recordings.remarks import Remark
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Transcript
from llm_server import LlmServer, serving, unsure

KEY = "sk-of-the-test-0123456789"


class Judged(Protocol):
    """An evaluation that asked the server, by criterion."""

    def __call__(
        self, call: Transcript, scorecard: Scorecard | None = None, **how: Any
    ) -> tuple[Evaluation, dict[str, CriterionResult], list[Remark]]: ...


@pytest.fixture
def llm() -> Generator[LlmServer]:
    with serving(LlmServer(unsure)) as server:
        yield server


@pytest.fixture
def model(llm: LlmServer) -> Callable[..., ModelServer]:
    """A server for the life of a test."""

    def make(**how: Any) -> ModelServer:
        fields: dict[str, Any] = {
            "url": llm.url, "model": "tiny", "api_key": KEY, "waits": (0.01, 0.02), "timeout_seconds": 10,
        }  # fmt: skip
        return ModelServer(ModelChoice(**(fields | how)))

    return make


@pytest.fixture
def judged(model: Callable[..., ModelServer]) -> Judged:
    def judge(
        call: Transcript, scorecard: Scorecard | None = None, **how: Any
    ) -> tuple[Evaluation, dict[str, CriterionResult], list[Remark]]:
        server = how.pop("server", None) or model(**how)
        remarks: list[Remark] = []
        end = max((one.end for one in call.segments), default=0.0)
        evaluation = evaluate(
            call, scorecard or default_scorecard(), duration=end, model=server, warn=remarks.append
        )
        return evaluation, {one.key: one for one in evaluation.criteria}, remarks

    return judge
