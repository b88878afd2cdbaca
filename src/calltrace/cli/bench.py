"""``calltrace bench``: the project's own benchmark, laid out for reading or as one JSON document."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer

from calltrace import __version__
from calltrace.bench.report import Part, Report, Value, machine
from calltrace.cli.analyze import models_cache
from calltrace.cli.instance import settings_of
from calltrace.cli.output import JsonOption, say, show_many, show_one
from calltrace.kit import threads
from calltrace.kit.errors import UsageError
from calltrace.settings import Settings

PARTS: tuple[Part, ...] = get_args(Part)
MANIFEST = "manifest.json"
DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data", help="Recordings (a folder with manifest.json) or labelled calls (JSON); may be repeated."
    ),
]


def bench(
    context: typer.Context,
    parts: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(PARTS)}; default: all.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure speech, evaluation, API, reading and delivery beside the bare thing, and insights."""
    chosen = _chosen(parts or [])
    recordings, labelled = _sorted(data or [], chosen)
    if parts and "evaluation" in chosen and not labelled:
        raise UsageError("evaluation needs labelled calls: give them with --data (docs/evaluation.md).")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that servers and files go with us
    settings, reports = settings_of(context), list[Report]()
    for part in chosen:
        reports.append(_measure(part, settings, recordings, labelled))
        if not as_json:
            _show(reports[-1])
    if as_json:
        show_one(_document(reports), as_json=True)


def _chosen(parts: Sequence[str]) -> list[Part]:
    if unknown := sorted(set(parts) - set(PARTS)):
        raise UsageError(f"A part is one of {', '.join(PARTS)}, not {unknown[0]!r}.")
    return [part for part in PARTS if part in parts or not parts]


def _sorted(data: Sequence[Path], chosen: Sequence[Part]) -> tuple[Path | None, list[Path]]:
    """The folder of recordings and the labelled calls; nothing that was given goes unused."""
    recordings = [path for path in data if (path / MANIFEST).is_file()]
    labelled = [path for path in data if path not in recordings]
    if len(recordings) > 1:
        raise UsageError(f"Only one folder with {MANIFEST} can be measured at a time.")
    if recordings and "speech" not in chosen:
        raise UsageError(f"{recordings[0]} holds recordings, which only the part speech measures.")
    if labelled and "evaluation" not in chosen:
        raise UsageError(f"{labelled[0]} has no {MANIFEST}, and only the part evaluation reads other data.")
    return next(iter(recordings), None), labelled


def _measure(part: Part, settings: Settings, recordings: Path | None, labelled: Sequence[Path]) -> Report:
    # Imported when its turn comes: the parts need very different libraries.
    if part == "speech":
        from calltrace.bench import speech
        from calltrace.speech.engines.catalogue import chosen, load_engine

        threads.allow(settings.asr_threads)
        engine = load_engine(chosen(settings, models_cache(settings)))
        return speech.measure(engine, recordings, say)
    if part == "evaluation":
        from calltrace.bench import evaluation

        return evaluation.measure(labelled, say) if labelled else evaluation.nothing_to_measure()
    from calltrace.bench import api, delivery, insights, reading

    measured = {"api": api, "reading": reading, "delivery": delivery, "insights": insights}
    return measured[part].measure(say, pg_bin=settings.pg_bin)


def _show(report: Report) -> None:
    titles = {key: title for key, title in report.titles.items() if _known(report, key)}
    typer.secho(f"\n{report.part}", bold=True)
    if report.rows:
        rows = [{title: _text(row.get(key)) for key, title in titles.items()} for row in report.rows]
        show_many(rows, list(titles.values()), as_json=False)
    for note in report.notes:
        typer.echo(f"  {note}")


def _known(report: Report, key: str) -> bool:
    """Whether any row has a value for the column: an empty one tells nothing."""
    return any(row.get(key) is not None for row in report.rows)


def _text(value: Value) -> str | int | None:
    if not isinstance(value, float):
        return value
    return f"{value:z.3f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004 - three digits that matter


def _document(reports: Sequence[Report]) -> dict[str, object]:
    parts = [report.model_dump(mode="json") for report in reports]
    return {"version": __version__, "machine": machine(), "parts": parts}
