"""The parent and a child that lies, dies or is killed: always an error with a sentence."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from calltrace.analyses.document import ProcessingDocument
from calltrace.recordings.decode import DecoderFailedError, decode, explain
from calltrace.recordings.decode_answer import Done, DoneLine, ErrorLine, MalformedError, decoded, follow
from calltrace.recordings.remarks import Remark

Encode = Callable[..., Path]
GOOD = '{"done": {"channels": 1, "sample_rate": 8000, "frames": 3, "codec": "x", "warnings": []}}'


def _said(code: str) -> tuple[DoneLine | ErrorLine | None, list[float]]:
    """What the parent hears from a real child that runs ``code``."""
    shares: list[float] = []
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            return follow(child.stdout, shares.append), shares
        finally:
            child.kill()


def test_a_child_that_keeps_to_the_rules_is_heard() -> None:
    last, shares = _said(f"print('{{\"progress\": 0.5}}'); print('{{\"progress\": 7}}'); print({GOOD!r})")
    assert isinstance(last, DoneLine)
    assert last.done.frames == 3
    assert shares == [0.5, 1.0]
    assert _said("pass") == (None, [])


MALFORMED = [
    '{"done": null}',
    '{"done": {}}',
    '{"progress": "x"}',
    '{"progress": null}',
    '{"progress": NaN}',
    '{"progress": Infinity}',
    '{"error": "surprise", "detail": "x"}',
    '{"error": "too_long"}',
    '{"error": "too_long", "detail": 5}',
    GOOD.replace("1,", "-1,", 1),
    GOOD.replace("1,", "1e999,", 1),
    GOOD.replace("1,", "true,", 1),
    GOOD.replace("3,", "9" * 5000 + ","),
    GOOD.replace("[]", "[1]"),
    GOOD.replace("[]", '[{"code": "surprise", "message": "x"}]'),
    GOOD.replace("[]", '[{"code": "joined"}]'),
    GOOD.replace("[]", '[{"code": "joined", "message": "' + "x" * 2001 + '"}]'),
    "no JSON",
    "[]",
    "null",
    "",
    "[" * 60_000,
]


@pytest.mark.parametrize("line", MALFORMED, ids=range(len(MALFORMED)))
def test_a_line_that_is_never_said_is_a_crash(line: str) -> None:
    with pytest.raises(MalformedError):
        _said(f"print({line!r})")


def test_a_remark_is_passed_on_with_its_code(tmp_path: Path) -> None:
    said = GOOD.replace("[]", '[{"code": "joined", "message": "Two."}]')
    last, _ = _said(f"print({said!r})")
    assert isinstance(last, DoneLine)
    (tmp_path / "channel0.s16").write_bytes(b"123456")
    assert decoded(last.done, tmp_path).warnings == (Remark(code="joined", message="Two."),)


def test_a_remark_from_before_there_were_codes_keeps_its_sentence() -> None:
    stored = ProcessingDocument.model_validate({"warnings": ["The file is cut short."]})
    assert stored.warnings == [Remark(code="unspecified", message="The file is cut short.")]


def test_bytes_that_are_no_text_are_a_crash() -> None:
    with pytest.raises(MalformedError):
        _said("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')")


def test_a_line_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(MalformedError):
        _said("import sys\nwhile True: sys.stdout.write('x' * 4096)")


def test_files_that_do_not_hold_what_was_promised_are_a_crash(tmp_path: Path) -> None:
    done = Done(channels=1, sample_rate=8000, frames=3, codec="x", warnings=[])
    with pytest.raises(MalformedError):
        decoded(done, tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"123456")
    (tmp_path / "channel0.s16").symlink_to(secret)
    with pytest.raises(MalformedError):
        decoded(done, tmp_path)
    (tmp_path / "channel0.s16").unlink()
    (tmp_path / "channel0.s16").write_bytes(b"1234")
    with pytest.raises(MalformedError):
        decoded(done, tmp_path)
    (tmp_path / "channel0.s16").write_bytes(b"123456")
    assert decoded(done, tmp_path).duration == 3 / 16_000


def _ended(code: str, *, timed_out: bool = False) -> ErrorLine:
    """What the parent makes of a real child that ended with ``code`` and said nothing."""
    with tempfile.TemporaryFile() as log:
        done = subprocess.run([sys.executable, "-c", code], stderr=log, check=False, timeout=60)
        return explain(done.returncode, log, timed_out=timed_out)


def _ended_by(which: signal.Signals, *, timed_out: bool = False) -> ErrorLine:
    return _ended(f"import os; os.kill(os.getpid(), {which.value})", timed_out=timed_out)


def test_a_kill_from_outside_is_not_called_slow() -> None:
    killed = _ended_by(signal.SIGKILL)
    assert "ran out of memory" in killed.detail
    assert killed.error == "machine"
    assert "longer than is allowed" in _ended_by(signal.SIGKILL, timed_out=True).detail
    assert "longer than is allowed" in _ended_by(signal.SIGXCPU).detail


def test_a_crash_and_a_lack_of_memory_are_told_apart() -> None:
    assert _ended_by(signal.SIGSEGV).detail == "The file makes the decoder crash."
    assert "more memory than is allowed" in _ended("raise MemoryError").detail
    assert _ended("raise ImportError('no av')").detail == (
        "The decoder does not work here: ImportError: no av"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
def test_a_decoder_killed_in_the_middle_says_so(encode: Encode, tmp_path: Path) -> None:
    path = encode("a.wav", "pcm_s16le", (440.0, 550.0), seconds=2400.0)
    (tmp_path / "work").mkdir()

    def kill(_share: float) -> None:
        for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
            for pid in child.read_text().split():
                if b"decode_child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)

    with pytest.raises(DecoderFailedError, match="ran out of memory") as caught:
        decode(path, tmp_path / "work", progress=kill)
    assert caught.value.retryable
