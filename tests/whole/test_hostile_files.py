"""A hostile or broken file ends as failed with a code, while everything else goes on."""

import httpx2
import pytest

from whole.conftest import Stage
from whole.harness import wait_for


@pytest.mark.parametrize("name", ["page", "noise"])
def test_what_is_no_audio_fails_with_a_code_and_an_event(stage: Stage, name: str) -> None:
    accepted = stage.client.submit(f"{stage.world.url}/{name}.mp3")
    shown = stage.client.finished(accepted["analysisId"])
    assert (shown["status"], shown["error"]["code"]) == ("failed", "unsupported_media")
    assert shown["error"]["retryable"] is False
    wait_for(lambda: "analysis.failed" in stage.world.events(accepted["analysisId"]), "analysis.failed")


def test_a_good_call_completes_beside_bad_ones(stage: Stage) -> None:
    bad = [stage.client.submit(f"{stage.world.url}/noise.mp3") for _ in range(3)]
    good = stage.client.submit(stage.short_call)
    assert stage.client.finished(good["analysisId"])["status"] == "completed"
    assert {stage.client.finished(one["analysisId"])["status"] for one in bad} == {"failed"}


def test_a_call_that_was_cut_short_is_still_heard(stage: Stage) -> None:
    shown = stage.client.finished(stage.client.submit(f"{stage.world.url}/cut.mp3")["analysisId"])
    assert shown["status"] == "completed", shown["error"]
    assert shown["call"]["durationSeconds"] < 5
    assert [warning["code"] for warning in shown["processing"]["warnings"]] == ["cut_short"]


def test_samples_without_a_header_are_read_as_their_name_says(stage: Stage) -> None:
    shown = stage.client.finished(stage.client.submit(f"{stage.world.url}/bare.ulaw")["analysisId"])
    assert shown["status"] == "completed", shown["error"]
    assert (shown["call"]["durationSeconds"], shown["call"]["sampleRate"]) == (2.0, 8000)
    assert [warning["code"] for warning in shown["processing"]["warnings"]] == ["headerless"]


@pytest.mark.accepts("CT-069")
def test_ct_069_a_missing_file_is_refused_at_once(stage: Stage) -> None:
    answer = httpx2.post(
        f"{stage.installation.url}/api/v1/analyses", json={"fileUrl": f"{stage.world.url}/missing.mp3"},
        headers=stage.client.headers, timeout=30,
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (422, "url_unreachable")
