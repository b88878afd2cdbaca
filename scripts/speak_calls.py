"""Speaks labelled English calls into recordings of two channels: are they judged alike when they are heard?

Needs the environment of ``make_sample_call.py``, and is used with ``measure_spoken.py``::

    PYTHONPATH=src /tmp/sample-call/bin/python scripts/speak_calls.py training/held-out/calls-qg.json SPOKEN
    .venv/bin/python scripts/measure_spoken.py training/held-out/calls-qg.json SPOKEN

One voice speaks every agent and one every customer, over a telephone's band and noise; pauses of eight
seconds and more are kept, shorter ones are made a second at most.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from make_sample_call import Synthesiser, mixed, write_mp3

from calltrace.data import Hold, Line, SampleScript

_HOLD_SECONDS = 8.0
_LONGEST_GAP = 1.0
_SEED = 20261128


def script_of(call: dict[str, Any]) -> SampleScript:
    """The call as a script to be spoken."""
    turns = call["segments"]
    items: list[Line | Hold] = [Line(speaker=turns[0]["speaker"], text=turns[0]["text"])]
    for before, turn in pairwise(turns):
        pause = turn["start"] - before["end"]
        if pause >= _HOLD_SECONDS:
            items.append(Hold(hold=pause))
        gap = min(max(pause, 0.1), _LONGEST_GAP)
        items.append(Line(speaker=turn["speaker"], text=turn["text"], gap=gap))
    return SampleScript(
        title=call["id"], language=call["language"], seed=_SEED, lead_in=0.5, lead_out=0.5, items=items
    )


def main() -> None:
    """Speak every English call that has no recording yet."""
    parser = argparse.ArgumentParser(description="Speak labelled calls into recordings.")
    parser.add_argument("calls", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=1000)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    calls = [call for call in json.loads(arguments.calls.read_text("utf-8")) if call["language"] == "en"]
    synthesiser = Synthesiser()
    for number, call in enumerate(calls[: arguments.most], 1):
        path = arguments.folder / f"{call['id']}.mp3"
        if not path.exists():
            write_mp3(mixed(script_of(call), synthesiser), path)
        print(f"{number} of {len(calls)}: {path}", flush=True)


if __name__ == "__main__":
    main()
