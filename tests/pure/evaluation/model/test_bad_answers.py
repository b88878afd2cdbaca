"""Whatever a model server answers, a call is evaluated, and nothing of it is shown unchecked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from calltrace.evaluation.model.content import object_in
from calltrace.evaluation.results import CriterionResult
from calltrace.speech.transcript import Transcript
from llm_server import LlmServer, Reply, Request, answers, completion, quoting, unsure
from pure.evaluation.model.conftest import KEY, Judged
from pure.evaluation.model.test_judging import offline

POISON = "PWNED https://evil.example <script>"
"""Words that only a server says: they may turn up nowhere."""


def each(answer: Any, breach: Any = None) -> Callable[[Request], Reply]:
    """The same answer to every question, but for the one whose proof is a breach."""
    return lambda request: answers(
        {key: breach if breach and key == "prohibited_phrases" else answer for key in request.questions}
    )


def each_quote(line: str, words: str) -> Callable[[Request], Reply]:
    """The same proof of everything."""
    return each(quote(line, words), quote(line, words, "not_met"))


def quote(line: str, words: str, answer: str = "met") -> Any:
    return {"quotes": [{"line": line, "quote": words}], "answer": answer}


def wrapped(body: Callable[[str], str]) -> Callable[[Request], Reply]:
    """The right JSON, written in another way."""
    return lambda request: completion(
        body(json.dumps({key: quote("L1", POISON) for key in request.questions}))
    )


def _met(key: str) -> str:
    return f'"{key}": {json.dumps(quote("L1", "Good afternoon"))}'


CONTENT: dict[str, Callable[[Request], Reply]] = {
    "no JSON": lambda _: completion(f"I think that all is met. {POISON}"),
    "broken off": wrapped(lambda text: text[:-9]),
    "NaN": lambda request: completion(json.dumps({**dict.fromkeys(request.questions), "x": float("nan")})),
    "a number too long": lambda _: completion('{"greeting": ' + "9" * 5000 + "}"),
    "deep": lambda _: completion('{"a":' * 100_000),
    "a list": lambda _: completion(json.dumps([quote("L1", POISON)])),
    "a criterion twice": lambda request: completion(f"{{{','.join(map(_met, request.questions * 2))}}}"),
    "no criterion": lambda _: answers({}),
    "other criteria": lambda _: answers({POISON: quote("L1", "Good afternoon")}),
    "an unknown verdict": each(quote("L1", "Good afternoon", POISON)),
    "a verdict that is a number": each({"quotes": [], "answer": 1}),
    "an unknown line": each_quote("L999", "Good afternoon"),
    "a line that is text": each_quote(POISON, "Good afternoon"),
    "a quote that is not there": each_quote("L1", POISON),
    "a quote of another line": each_quote("L4", "thank you for calling"),
    "a quote of nothing": each_quote("L1", " . "),
    "half a word": each_quote("L1", "fternoo"),
    "no quotes": each({"quotes": [], "answer": "met"}, {"quotes": [], "answer": "not_met"}),
    "quotes that are a text": each({"quotes": POISON, "answer": "met"}),
    "an answer that is a text": each(POISON),
    "an answer that is nothing": each(None),
    "an endless quote": each_quote("L1", "x" * 100_000),
    "a thousand quotes": each({"quotes": [{"line": "L1", "quote": POISON}] * 1000, "answer": "met"}),
    "empty": lambda _: completion(""),
    "null": lambda _: completion(None),
    "a refusal": lambda _: completion(None, refusal=POISON),
    "a tool call": lambda _: completion(None, tool_calls=[{"function": {"name": POISON, "arguments": "{}"}}]),
    "no choices": lambda _: Reply(b'{"choices": []}'),
    "a choice that is nothing": lambda _: Reply(b'{"choices": [null]}'),
    "content that is a number": lambda _: completion(7),
}  # fmt: skip


def same(now: dict[str, CriterionResult], call: Transcript) -> bool:
    """Whether each criterion is judged exactly as without a model."""
    fields = {"verdict", "score", "max_score", "confidence", "method", "evidence"}
    before = offline(call)
    return all(
        now[key].model_dump(include=fields) == one.model_dump(include=fields) for key, one in before.items()
    )


@pytest.mark.parametrize("name", CONTENT)
def test_an_answer_that_is_none_gets_one_more_chance_and_then_the_offline_judge_decides(
    llm: LlmServer, judged: Judged, good_call: Transcript, name: str
) -> None:
    llm.script = CONTENT[name]
    with structlog.testing.capture_logs() as logs:
        evaluation, now, remarks = judged(good_call)
    assert same(now, good_call)
    asked = llm.judged
    assert len(asked) == 2 * 3, "three requests, each repeated once"
    assert "cannot be used" in asked[-1].body["messages"][-1]["content"]
    assert [one.code for one in remarks] == ["model_fallback"]
    assert "did not stand up to the transcript" in now["empathy"].reason
    assert "PWNED" not in f"{evaluation.model_dump_json()}{remarks}{logs}"


WIRE: dict[str, tuple[Reply, str, int]] = {
    "a wrong key": (Reply(f'{{"error": "{KEY} is wrong. {POISON}"}}'.encode(), 401), "llm_unauthorized", 1),
    "no such model": (Reply(b'{"error": {"message": "PWNED: no model `tiny`"}}', 404), "llm_refused", 1),
    "a bad request": (Reply(b'{"error": "PWNED"}', 400), "llm_refused", 3),
    "always busy": (Reply(b"", 429, {"Retry-After": "0"}), "llm_unavailable", 3),
    "busy for long": (Reply(b"", 429, {"Retry-After": "3600"}), "llm_unavailable", 1),
    "out of order": (Reply(b"PWNED", 500), "llm_unavailable", 3),
    "a redirect": (Reply(b"", 307, {"Location": "http://127.0.0.1:9/v1"}), "llm_refused", 1),
    "a web page": (Reply(b"<html>PWNED", 200, {"Content-Type": "text/html"}), "llm_unreadable", 1),
    "another kind of JSON": (Reply(b'{"status": "PWNED"}'), "llm_unreadable", 1),
    "JSON that is none": (Reply(b'{"choices": [{"PWNED'), "llm_unavailable", 3),
    "closed at once": (Reply(cut=True), "llm_unavailable", 3),
    "broken off": (Reply(b'{"choices": []}', cut=True), "llm_unavailable", 3),
    "drop by drop": (Reply(b'{"choices": []}', pieces=15, pause=0.4), "llm_unavailable", 3),
    "without an end": (Reply(endless=True), "llm_unreadable", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", WIRE)
def test_a_server_that_cannot_be_had_costs_a_model_and_no_evaluation(
    llm: LlmServer, judged: Judged, good_call: Transcript, name: str
) -> None:
    reply, code, tries = WIRE[name]
    llm.script = lambda _: reply
    with structlog.testing.capture_logs() as logs:
        patience = 1.0 if name == "drop by drop" else 30.0
        evaluation, now, remarks = judged(good_call, timeout_seconds=patience, concurrency=1)
    assert same(now, good_call)
    assert {one["code"] for one in logs if one["event"] == "llm_failed"} == {code}
    assert len(llm.judged) == tries, "one group found out for all"
    assert "odel server" in remarks[0].message
    assert evaluation.summary_method == "extract"
    assert KEY not in f"{evaluation.model_dump_json()}{remarks}{logs}"
    assert "PWNED" not in f"{evaluation.model_dump_json()}{remarks}"


FITTING = quoting({"empathy": ["I understand how worrying that must be"]})


@pytest.mark.parametrize("first", [
    [Reply(b"", 429, {"Retry-After": "0"})], [Reply(b"", 503), Reply(b"oops", 500)], [Reply(cut=True)],
    [completion("Sure!")], [Reply(b'{"choices": []}')],
])  # fmt: skip
def test_what_passes_is_tried_again(
    llm: LlmServer, judged: Judged, good_call: Transcript, first: list[Reply]
) -> None:
    llm.first, llm.script = list(first), FITTING
    _, now, remarks = judged(good_call)
    assert (now["empathy"].method, remarks, llm.first) == ("model", [], [])


FORMS: dict[str, tuple[Callable[[dict[str, Any]], bool], str, str | None]] = {
    "no schemas": (lambda b: b.get("response_format", {}).get("type") == "json_schema", "bad", "json_object"),
    "no JSON mode": (lambda b: "response_format" in b, "response_format is not supported", None),
    "newer sizes": (lambda b: "max_tokens" in b, "use max_completion_tokens for max_tokens", "json_schema"),
    "no temperature": (lambda b: "temperature" in b, "temperature must be 1", "json_schema"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_server_that_knows_less_is_asked_for_less_from_then_on(
    llm: LlmServer, judged: Judged, good_call: Transcript, name: str
) -> None:
    refuses, words, form = FORMS[name]

    def script(request: Request) -> Reply:
        said = json.dumps({"error": {"message": words}}).encode()
        return Reply(said, 400) if refuses(request.body) else FITTING(request)

    llm.script = script
    _, now, _ = judged(good_call, concurrency=1)
    assert now["empathy"].method == "model"
    refused = [refuses(one.body) for one in llm.requests]
    assert refused[-1] is False
    assert sum(refused) <= 2, "it is remembered"
    assert llm.requests[-1].body.get("response_format", {}).get("type") == form


@pytest.mark.parametrize("wrap", [
    "```json\n%s\n```", "Of course! Here you are: %s I hope that helps.", "<think>{maybe}</think>%s",
])  # fmt: skip
def test_json_is_found_in_what_a_model_wraps_around_it(
    llm: LlmServer, judged: Judged, good_call: Transcript, wrap: str
) -> None:
    def script(request: Request) -> Reply:
        body = json.loads(FITTING(request).body)
        return completion(wrap.replace("%s", body["choices"][0]["message"]["content"]))

    llm.script = script
    assert judged(good_call)[1]["empathy"].method == "model"


def test_content_in_parts_is_read_and_counts_that_are_none_are_not(
    llm: LlmServer, judged: Judged, good_call: Transcript
) -> None:
    def script(request: Request) -> Reply:
        body = json.loads(FITTING(request).body)
        text = body["choices"][0]["message"]["content"]
        body["choices"][0]["message"]["content"] = [{"type": "text", "text": text}]
        body["usage"] = {"total_tokens": 10**40}
        return Reply(json.dumps(body).encode())

    llm.script = script
    assert judged(good_call)[1]["empathy"].method == "model"


def test_only_what_was_wrong_is_asked_again(llm: LlmServer, judged: Judged, good_call: Transcript) -> None:
    def script(request: Request) -> Reply:
        given = json.loads(json.loads(unsure(request).body)["choices"][0]["message"]["content"])
        if "empathy" in given and len(request.body["messages"]) == 2:
            given["empathy"] = quote("L4", "words that nobody said")
        elif "empathy" in given:
            given["empathy"] = quote("L4", "i'm so SORRY; I understand")
        return answers(given)

    llm.script = script
    after = judged(good_call)[1]["empathy"]
    again = [one for one in llm.judged if len(one.body["messages"]) > 2]
    assert [one.questions for one in again] == [["empathy"]]
    assert "the quote does not stand in L4" in again[0].text
    assert (after.method, after.evidence[0].quote) == ("model", "I'm so sorry, I understand")


def test_thoughts_without_an_end_do_not_run_away() -> None:
    text = "<think>" * 200_000 + '{"a": 1}'
    assert object_in(text) == {"a": 1}
    assert object_in('<think>{"a": 2}</think>so <thinking>x</thinking>{"a": 1}') == {"a": 1}
