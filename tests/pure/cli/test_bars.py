"""Progress on stderr."""

import io

import pytest
from rich.console import Console

from calltrace.cli.bars import bars


def test_without_a_terminal_each_stage_is_one_plain_line() -> None:
    out = io.StringIO()
    with bars("call [1].mp3", Console(file=out)) as progress:
        for share in (0.0, 0.5, 1.0):
            progress("decoding", share)
        progress("transcribing", 0.1)
        progress("transcribing", 0.9)
    assert out.getvalue() == "call [1].mp3: decoding\ncall [1].mp3: transcribing\n"


def test_a_terminal_gets_a_bar_that_vanishes() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80)
    with bars("call [1].mp3", console) as progress:
        progress("transcribing", 1.0)
    shown = out.getvalue()
    assert "call [1].mp3" in shown
    assert "transcribing" in shown
    assert "92%" in shown
    assert shown.endswith("\x1b[2K")


def test_stdout_is_left_to_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    with bars("call.mp3") as progress:
        progress("decoding", 0.0)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "call.mp3: decoding\n")


def test_an_error_inside_passes_through_and_ends_the_bar() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with pytest.raises(ZeroDivisionError), bars("call.mp3", console) as progress:
        progress("decoding", 1 / 0)
    with bars("next.mp3", console) as progress:  # rich allows one live display: the first must be gone
        progress("decoding", 0.5)
