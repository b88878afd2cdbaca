"""A backup or a restore that stops for good at a given step, to be killed there."""

import asyncio
import sys
from pathlib import Path

from database.backup.site import Site


def main() -> None:
    """Arguments: what to do, the step, how much of it is done, both folders, the address of the database."""
    what, step, done, root, folder, dsn = sys.argv[1:]
    site = Site(dsn, Path(folder), Path("unused"))

    def moved(now: str, count: int, _total: int) -> None:
        if (now, count) == (step, int(done)):
            sys.stdout.write("there\n")
            sys.stdout.flush()
            sys.stdin.read()

    asyncio.run(
        site.back_up(Path(root), moved=moved) if what == "backup" else site.restore(Path(root), moved)
    )


if __name__ == "__main__":
    main()
