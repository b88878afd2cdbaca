"""How far work is, on stderr: a bar on a terminal, one line per stage or step anywhere else."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from calltrace.analyses.document import Stage
from calltrace.pipeline.hearing import StageProgress
from calltrace.pipeline.progress import percent


@contextmanager
def bars(label: str, console: Console | None = None) -> Generator[StageProgress]:
    """Show the progress of the work inside the ``with`` block; the bar vanishes when the work is over.

    Yields a function that is called with the current stage and the done share of it, 0.0 to 1.0.

    Args:
        label: what is worked on, usually a file's name.
        console: where to show it; stderr if not given, because stdout belongs to the data.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _lines(label, console)
        return
    with _progress(console) as progress:
        task = progress.add_task(label, total=100, stage="")

        def moved(stage: Stage, share: float) -> None:
            progress.update(task, completed=percent(stage, share), stage=stage)

        yield moved


@contextmanager
def counted(label: str, console: Console | None = None) -> Generator[Callable[[str, int, int], None]]:
    """Like ``bars``, for work in steps that count something.

    Yields a function that is called with the current step, how many are done, and how many there are in all.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        lines = _lines(label, console)
        yield lambda step, _done, _total: lines(step, 0.0)
        return
    with _progress(console) as progress:
        task = progress.add_task(label, total=1, stage="")
        yield lambda step, done, total: progress.update(
            task, completed=done, total=max(total, 1), stage=f"{step} {done}/{total}"
        )


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),  # a file's name is data
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[stage]}", style="cyan", markup=False),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def _lines(label: str, console: Console) -> Callable[[str, float], None]:
    last: str | None = None

    def moved(stage: str, share: float) -> None:
        nonlocal last
        del share  # a log that fills with percentages is no help
        if stage != last:
            last = stage
            console.out(f"{label}: {stage}", highlight=False)

    return moved
