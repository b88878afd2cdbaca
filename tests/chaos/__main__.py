"""``python -m chaos``: what `make chaos` runs. Status 1 when a promise was broken."""

import argparse
import dataclasses
import random
import shutil
import sys
import tempfile
from pathlib import Path

from chaos.plan import Plan
from chaos.processes import adopt_orphans
from chaos.run import run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="chaos", description="Kill everything, then look for what was lost."
    )
    parser.add_argument("--seconds", type=float, default=240.0, help="of load and kills")
    parser.add_argument("--seed", type=int, default=None, help="of submissions and kills")
    parser.add_argument("--rounds", type=int, default=None, help="stop after so many kills of each kind")
    parser.add_argument("--quick", action="store_true", help="more kills and submissions in less time")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--keep", type=Path, default=None, help="folder for data and log, kept")
    chosen = parser.parse_args()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(1_000_000)
    plan = Plan(seed, chosen.seconds, chosen.rounds)
    if chosen.quick:
        plan = dataclasses.replace(plan, pauses=(0.3, 1.2), rest=(0.5, 2.5), replays=1)
    _say(f"seed {seed}, {plan.seconds:.0f} s")
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="calltrace-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    adopt_orphans()
    report = run(plan, folder)
    sys.stdout.write((report.as_json() if chosen.json else report.as_text()) + "\n")
    if report.violations:
        _say(f"data and log are kept in {folder}")
        return 1
    if not chosen.keep:
        shutil.rmtree(folder)
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"chaos: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
