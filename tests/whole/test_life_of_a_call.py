"""One call from its submission to its erasure, as an integrator sees it, on the whole platform."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from whole.conftest import SHORT_BYTES, Stage, make_stage
from whole.harness import Installation, World, wait_for

Event = tuple[str, dict[str, Any]]


def _events(answer: httpx2.Response) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"])
            fields = {}


class Integrator:
    """Speaks to one installation about one analysis."""

    def __init__(self, stage: Stage, analysis_id: str) -> None:
        self._headers = stage.client.headers
        self.api = f"{stage.installation.url}/api/v1"
        self.analysis = f"{self.api}/analyses/{analysis_id}"
        self.call = f"{self.api}/calls/{analysis_id}"

    def get(self, url: str, **headers: str) -> httpx2.Response:
        return httpx2.get(url, headers=self._headers | headers, timeout=60)

    def watch(self) -> list[Event]:
        url = f"{self.analysis}/events"
        with httpx2.stream("GET", url, headers=self._headers, timeout=120) as answer:
            assert answer.status_code == 200
            return list(_events(answer))

    def evaluate_again(self) -> str:
        answer = httpx2.post(f"{self.analysis}/evaluations", headers=self._headers, timeout=60)
        assert answer.status_code == 202, answer.text
        return f"{self.analysis}/evaluations/{answer.json()['evaluationId']}"

    def erase(self) -> httpx2.Response:
        return httpx2.delete(self.analysis, headers=self._headers, timeout=60)

    def evaluated(self, url: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            shown = self.get(url).json()
            return shown if shown["status"] != "queued" else None

        return wait_for(done, "the evaluation ends")


def _stored(stage: Stage) -> set[Path]:
    folder = stage.installation.folder / "data" / "storage"
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.accepts("CT-026", "CT-030", "CT-083", "CT-091")
def test_from_its_submission_to_its_erasure(stage: Stage) -> None:
    before = _stored(stage)
    fields = {"fileName": "call-7.mp3", "externalId": "life", "idempotencyKey": "life"}
    accepted = stage.client.submit(stage.short_call, **fields)
    analysis_id = accepted["analysisId"]
    one = Integrator(stage, analysis_id)

    told = one.watch()
    assert {name for name, _data in told[:-1]} == {"progress"}
    assert told[-1][0] == "completed"
    percents = [data["percent"] for _name, data in told]
    assert percents == sorted(percents)
    assert len({data["stage"] for _name, data in told}) >= 3
    first = stage.client.get(analysis_id)
    assert (first["status"], told[-1][1]["error"]) == ("completed", None)

    second = one.evaluated(one.evaluate_again())
    assert (second["status"], second["error"]) == ("completed", None)
    assert second["evaluation"]["criteria"] == first["evaluation"]["criteria"], "nothing was heard anew"
    listed = one.get(f"{one.analysis}/evaluations").json()["data"]
    assert (len(listed), listed[0]["evaluationId"]) == (2, second["evaluationId"])

    _check_formats(one, first)
    recording = f"{one.call}/recording"
    part = one.get(recording, Range="bytes=1000-1999")
    assert (part.status_code, len(part.content)) == (206, 1000)
    assert part.content == stage.world.files["/short.mp3"][1000:2000]
    assert part.headers["content-range"] == f"bytes 1000-1999/{SHORT_BYTES}"
    _check_sound(one, first)
    wait_for(
        lambda: len(stage.world.events(analysis_id)) == 2, "both webhooks, and none for evaluating again"
    )

    stored = _stored(stage) - before
    assert len(stored) == 2, "the recording breaks off, so there is a copy that browsers play"
    receipt = one.erase()
    assert receipt.status_code == 200, receipt.text
    counts = receipt.json()["erased"]
    assert counts.pop("attempts") in {1, 2}, "the last one may still be on its way into the books"
    assert counts == {
        "recordings": 1, "transcripts": 1, "evaluations": 2, "deliveries": 2, "uploads": 0,
        "conversations": 0, "surveys": 0,
    }  # fmt: skip
    assert not stored & _stored(stage)
    for url in (
        one.analysis, f"{one.analysis}/events", f"{one.analysis}/transcript", f"{one.analysis}/evaluations",
        one.call, recording, first["call"]["recordingUrl"], f"{one.call}/playback", f"{one.call}/peaks",
        first["call"]["playbackUrl"],
    ):  # fmt: skip
        assert one.get(url).status_code == 404, url
    assert one.erase().status_code == 404
    assert stage.client.list(externalId="life") == []
    assert stage.client.submit(stage.short_call, **fields) == accepted, "a late retry brings nothing back"
    assert stage.client.list(externalId="life") == []


def _check_formats(one: Integrator, shown: dict[str, Any]) -> None:
    url = f"{one.analysis}/transcript"
    assert one.get(url).json() == shown["transcript"]
    said = shown["transcript"]["segments"][0]["text"].split()[0]
    texts = {name: one.get(f"{url}?format={name}") for name in ("txt", "srt", "vtt")}
    for name, answer in texts.items():
        assert answer.status_code == 200
        assert said in answer.text
        assert f'filename="call-7.{name}"' in answer.headers["content-disposition"]
    assert texts["vtt"].text.startswith("WEBVTT\n")
    assert " --> " in texts["srt"].text
    assert one.get(url, Accept="text/vtt").text == texts["vtt"].text


def _check_sound(one: Integrator, shown: dict[str, Any]) -> None:
    played, linked = one.get(f"{one.call}/playback"), httpx2.get(shown["call"]["playbackUrl"], timeout=60)
    assert (played.status_code, played.headers["content-type"]) == (200, "audio/mpeg")
    assert linked.content == played.content
    peaks = one.get(f"{one.call}/peaks").json()
    assert (peaks["duration"], len(peaks["channels"])) == (shown["call"]["durationSeconds"], 2)
    assert len(peaks["channels"][0]) == pytest.approx(peaks["duration"] * peaks["pointsPerSecond"], abs=1)
    assert all(max(channel) > 0.1 for channel in peaks["channels"])
    assert [mark["kind"] for mark in shown["call"]["marks"]].count("hold") == 1
    assert shown["call"]["metrics"]["holdSeconds"] > 5


def test_kill_9_of_the_worker_that_evaluates_again(stage: Stage) -> None:
    accepted = stage.client.submit(stage.short_call)
    stage.client.finished(accepted["analysisId"])
    one = Integrator(stage, accepted["analysisId"])
    made = one.evaluate_again()
    os.kill(stage.installation.service_pid("worker-1"), signal.SIGKILL)
    shown = one.evaluated(made)
    assert shown["status"] == "completed"
    assert stage.client.get(accepted["analysisId"])["evaluation"] == shown["evaluation"]


def test_an_analysis_erased_by_api_in_the_middle_ends_its_stream_and_its_work(stage: Stage) -> None:
    before = _stored(stage)
    accepted = stage.client.submit(stage.call)
    one = Integrator(stage, accepted["analysisId"])
    with httpx2.stream("GET", f"{one.analysis}/events", headers=stage.client.headers, timeout=120) as answer:
        events = _events(answer)
        assert any(data["stage"] == "transcribing" for _name, data in events)
        assert one.erase().json()["erased"]["recordings"] == 1
        assert [name for name, _data in events][-1] == "erased"
    assert _stored(stage) <= before
    after = stage.client.submit(stage.short_call)
    assert stage.client.finished(after["analysisId"])["status"] == "completed"


@pytest.fixture
def own(world: tuple[World, Path], tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "ca.pem").write_bytes((world[1] / "ca.pem").read_bytes())
    installation = Installation(tmp_path)
    installation.start()
    yield make_stage(installation, world[0])
    if installation.process and installation.process.poll() is None:
        installation.stop()


def test_a_server_that_stops_ends_streams_in_good_order(own: Stage) -> None:
    accepted = own.client.submit(own.call)
    one = Integrator(own, accepted["analysisId"])
    with httpx2.stream("GET", f"{one.analysis}/events", headers=own.client.headers, timeout=120) as answer:
        events = _events(answer)
        assert next(events)[0] == "progress"
        assert own.installation.stop() == 0
        assert {name for name, _data in events} <= {"progress"}, "a stream that is broken off raises an error"
