"""The benchmark on a folder with a manifest: one row per recording, errors included."""

import json
import wave
from pathlib import Path

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.bench import bench
from calltrace.speech.engines.bare import bare
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine


def _save(path: Path, audio: DecodedAudio, seconds: float) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((audio.read(0, 0, seconds) * 32767).astype("<i2").tobytes())


def test_rows_compare_us_with_the_bare_engine(
    tmp_path: Path, sample_call: DecodedAudio, engine: FasterWhisperEngine
) -> None:
    _save(tmp_path / "greeting.wav", sample_call, 4.0)
    (tmp_path / "broken.wav").write_text("no audio")
    said = "Thank you for calling Harbor Broadband, my name is Grace."
    files = [
        {"path": "greeting.wav", "language": "en", "reference": said, "licence": "ignored"},
        {"path": "broken.wav", "language": "en", "reference": None},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"files": files}))
    greeting, broken = bench(tmp_path, engine, bare(engine))
    assert greeting.language == "en"
    assert greeting.wer is not None
    assert greeting.wer < 0.3
    assert greeting.bare_wer is not None
    assert greeting.cost > 0
    assert greeting.role_accuracy is None
    assert broken.error
    assert broken.wer is None
