"""What is said to play in browsers plays in a real one, of a recording as telephone systems make them."""

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Error as PlaywrightError

from calltrace.data import sample_call_path
from whole.browser.conftest import NewSeat
from whole.conftest import Stage

PLAY = """async url => {
  const audio = new Audio(url);
  const until = name => new Promise((done, fail) => {
    audio.addEventListener(name, done, {once: true});
    audio.addEventListener("error", () => fail(new Error(`media error ${audio.error.code}`)), {once: true});
  });
  await until("loadedmetadata");
  audio.currentTime = 10;
  await until("seeked");
  return [audio.duration, audio.currentTime, audio.seekable.end(0)];
}"""
"""Loads the beginning, jumps to the middle (by ranges), and tells what it knows."""


@pytest.fixture
def telephone_wav(tmp_path: Path) -> bytes:
    """Fifteen seconds of the sample call as IMA ADPCM, 8 kHz: no browser plays it."""
    with av.open(str(sample_call_path())) as opened:
        frames = [frame.to_ndarray() for frame in opened.decode(audio=0)]
    samples = np.round(np.concatenate(frames, axis=1)[:, : 15 * 8000].T * 32767).astype("<i2")
    plain, packed = tmp_path / "plain.wav", tmp_path / "packed.wav"
    with wave.open(str(plain), "wb") as out:
        out.setparams((2, 2, 8000, len(samples), "NONE", "not compressed"))
        out.writeframes(samples.tobytes())
    _repack(plain, packed)
    return packed.read_bytes()


def _repack(plain: Path, packed: Path) -> None:
    with av.open(str(plain)) as source, av.open(str(packed), "w") as out:
        stream = out.add_stream("adpcm_ima_wav", rate=8000, layout="stereo")  # pyright: ignore[reportUnknownMemberType] - PyAV's types are partial
        for frame in source.decode(audio=0):
            out.mux(stream.encode(frame))  # pyright: ignore[reportUnknownMemberType] - as above
        out.mux(stream.encode(None))  # pyright: ignore[reportUnknownMemberType] - as above


def test_a_telephone_recording_plays_from_any_moment_and_is_as_long_as_we_say(
    stage: Stage, new_seat: NewSeat, telephone_wav: bytes
) -> None:
    stage.world.files["/telephone.wav"] = telephone_wav
    accepted = stage.client.submit(f"{stage.world.url}/telephone.wav")
    shown = stage.client.finished(accepted["analysisId"])["call"]
    page = new_seat().page
    with pytest.raises(PlaywrightError, match="media error 4"):  # MEDIA_ERR_SRC_NOT_SUPPORTED
        page.evaluate(PLAY, shown["recordingUrl"])
    duration, at, seekable = page.evaluate(PLAY, shown["playbackUrl"])
    assert duration == pytest.approx(shown["durationSeconds"], abs=0.05)
    assert (at, seekable) == (10, duration)
