"""`calltrace bench`: every part yields a well-formed report. Its numbers are for people, not for tests."""

import json
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pytest

from calltrace.bench import api, delivery, evaluation, reading
from calltrace.bench.report import Report
from calltrace.bench.rounds import Lap, compared, percentile
from calltrace.bench.sample import measure_sides
from calltrace.bench.speech_rows import line
from calltrace.data import sample_call_path
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.speech.engines.bare import bare
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.models import resolve

GREETING = "Thank you for calling Harbor Broadband, my name is Grace."


@pytest.fixture(scope="session")
def opening(tmp_path_factory: pytest.TempPathFactory) -> DecodedAudio:
    """The first seconds of the sample call: enough for a report, little enough for a test."""
    folder = tmp_path_factory.mktemp("opening")
    whole, seconds = decode(sample_call_path(), folder), 12.0
    paths = tuple(folder / f"opening{channel}.s16" for channel in range(whole.channels))
    for channel, path in enumerate(paths):
        (whole.read(channel, 0, seconds) * 32767).astype("<i2").tofile(path)
    return DecodedAudio(paths, whole.channels, whole.sample_rate, seconds, whole.codec)


@pytest.fixture
def recordings(tmp_path: Path, opening: DecodedAudio) -> Path:
    """A folder as `--data` takes it: one sound recording, one broken one."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    with wave.open(str(folder / "greeting.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((opening.read(0, 0, 4.0) * 32767).astype("<i2").tobytes())
    (folder / "broken.wav").write_text("no audio")
    files = [
        {"path": "greeting.wav", "language": "en", "reference": GREETING},
        {"path": "broken.wav", "language": "en", "reference": None},
    ]
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    return folder


def labelled(path: Path, writer: str) -> Path:
    """Two labelled calls of a writer."""
    segments = [
        {"id": "s1", "speaker": "agent", "start": 0.0, "end": 4.0, "text": GREETING},
        {"id": "s2", "speaker": "customer", "start": 4.5, "end": 7.0, "text": "My internet is down."},
        {"id": "s3", "speaker": "agent", "start": 7.5, "end": 9.0, "text": "What is your full name?"},
    ]
    labels = {"greeting": "met", "recording_disclosure": "not_met"}
    calls = [
        {"id": f"{writer}-{n}", "language": "en", "labels": labels, "segments": segments} for n in (1, 2)
    ]
    path.write_text(json.dumps(calls))
    return path


def bench(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "calltrace", "bench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)


def quiet(_message: str) -> None:
    pass


def rows_by(report: Report, key: str) -> dict[Any, Any]:
    return {row[key]: row for row in report.rows}


def test_one_json_document_for_several_parts(tmp_path: Path, recordings: Path) -> None:
    calls = labelled(tmp_path / "calls.json", "w9")
    data = ["--data", str(recordings), "--data", str(calls)]
    done = bench("speech", "evaluation", *data, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document.keys() == {"version", "machine", "parts"}
    speech, judged = document["parts"]
    assert [row["recording"] for row in speech["rows"]] == ["greeting.wav", "broken.wav"]
    assert speech["rows"][0].keys() >= {"cost", "bareCost", "ratio", "wer", "bareWer", "roleAccuracy"}
    assert speech["rows"][1]["error"]
    assert speech["facts"]["peakMiB"] > 0
    assert [row["criterion"] for row in judged["rows"]] == ["greeting", "recording_disclosure", "all"]
    assert judged["facts"]["inSample"] == "no"
    assert "speech:" in done.stderr


def test_a_table_for_people(tmp_path: Path) -> None:
    done = bench("evaluation", "--data", str(labelled(tmp_path / "calls.json", "w9")), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "F1 of always met" in done.stdout
    assert "2 calls;" in done.stdout


def test_the_sample_call_is_measured_side_by_side_with_its_script(
    opening: DecodedAudio, tmp_path: Path
) -> None:
    model = resolve("base", tmp_path)
    engine = FasterWhisperEngine(model.folder, model.name)
    row = measure_sides(opening, engine, bare(engine), "opening")
    assert row.language == "en"
    assert row.words > 0
    shown = line(row)
    assert shown["roleAccuracy"] == 1.0
    assert shown["wer"] is not None
    assert shown["bareWer"] is not None
    assert shown["bareCost"] is not None
    assert shown["derCollar"] is None


def test_submissions_are_counted_beside_a_bare_application() -> None:
    report = api.measure(quiet, requests=8, concurrency=2, rounds=2, queued=20)
    servers = rows_by(report, "server")
    assert servers.keys() == {api.OURS, api.BARE, api.WAITING}
    assert all(row["requests"] == 8 and row["perSecond"] > 0 for row in servers.values())
    assert all(0 < row["p50Ms"] <= row["p95Ms"] for row in servers.values())
    assert servers[api.OURS]["ratioLow"] <= servers[api.OURS]["ratio"] <= servers[api.OURS]["ratioHigh"]


def test_reading_is_measured_by_kind_beside_a_bare_application() -> None:
    report = reading.measure(quiet, analyses=60, requests=4, rounds=2)
    rows: list[Any] = list(report.rows)
    kinds = (reading.GET, reading.LIST, reading.PLAIN)
    both = [(kind, server) for kind in kinds for server in (reading.OURS, reading.BARE)]
    assert [(row["request"], row["server"]) for row in rows] == [*both, (reading.FILTERED, reading.OURS)]
    assert all(row["requests"] == 4 and 0 < row["p50Ms"] <= row["p95Ms"] for row in rows)
    assert ["ratio" in row for row in rows] == [True, False, True, False, True, False, False]


def test_deliveries_are_counted_beside_a_bare_client_and_timed() -> None:
    amounts = delivery.Amounts(deliveries=6, rounds=2, idle=3, beside_dead=5)
    senders = rows_by(delivery.measure(quiet, amounts=amounts), "sender")
    counted, timed = (delivery.OURS, delivery.KEPT, delivery.FRESH), (delivery.IDLE, delivery.BESIDE_DEAD)
    assert senders.keys() == {*counted, *timed}
    assert all(senders[name]["deliveries"] == 6 and senders[name]["perSecond"] > 0 for name in counted)
    assert senders[delivery.KEPT]["ratio"] > 0
    assert [senders[name]["deliveries"] for name in timed] == [3, 5]
    assert all(0 < senders[name]["p50Ms"] <= senders[name]["p95Ms"] for name in timed)


def test_calls_of_a_writer_that_training_saw_are_called_in_sample(tmp_path: Path) -> None:
    report = evaluation.measure([labelled(tmp_path / "calls.json", "p1")], quiet)
    assert report.facts["inSample"] == "probably"
    assert any("PROBABLY IN-SAMPLE" in note for note in report.notes)
    assert any("each writer left out" in note for note in report.notes)


def test_without_labelled_calls_nothing_is_claimed() -> None:
    report = evaluation.nothing_to_measure()
    assert not report.rows
    assert "labelled calls" in report.notes[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["speed"], "A part is one of"),
        (["evaluation"], "needs labelled calls"),
        (["api", "--data", "."], "only the part evaluation"),
    ],
)
def test_wrong_usage_is_one_clear_line(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    done = bench(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_ratio_is_the_middle_one_of_all_turns() -> None:
    ours, bare_ones = [Lap(10, 1.0, (0.1,)), Lap(10, 1.0, (0.3,))], [Lap(10, 0.5), Lap(10, 2.0)]
    assert compared(ours, bare_ones) == {"ratio": 1.25, "ratioLow": 0.5, "ratioHigh": 2.0}
    assert percentile(ours, 50) == 200.0
