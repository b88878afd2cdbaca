"""``calltrace analyze`` and ``evaluate``: the pipeline on local files, without server and database."""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_args

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console

from calltrace.accounts import vocabulary
from calltrace.analyses.document import (
    AnalysisDocument,
    CallDocument,
    ErrorDocument,
    ModelNames,
    ProcessingDocument,
    ProgressDocument,
    Stage,
    StageSeconds,
)
from calltrace.cli import report
from calltrace.cli.bars import bars
from calltrace.cli.instance import settings_of
from calltrace.cli.transcripts import read_transcript
from calltrace.evaluation.model.server import ModelServer, chosen_model, load_model
from calltrace.evaluation.redaction import Redaction
from calltrace.evaluation.results import Evaluation
from calltrace.evaluation.sensitive_kinds import KINDS
from calltrace.evaluation.service import evaluate as evaluate_transcript
from calltrace.evaluation.service import evaluator_name
from calltrace.kit import clock, logs, threads
from calltrace.kit.errors import CallTraceError, InvalidRequestError, UsageError
from calltrace.pipeline.hearing import Heard, Job, StageProgress, hear
from calltrace.recordings.decode import DecodeLimits
from calltrace.recordings.media import judge_file
from calltrace.recordings.remarks import Remark
from calltrace.scorecards.catalogue import DEFAULT_SCORECARD, named_scorecard
from calltrace.scorecards.document import Scorecard
from calltrace.settings import Settings
from calltrace.speech.codes import known_language
from calltrace.speech.engines.catalogue import chosen, load_engine
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.formats import to_srt, to_vtt
from calltrace.speech.roles import ChannelOption
from calltrace.speech.service import SpeechOptions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
FORMATS = ("text", "json", "srt", "vtt")
ScorecardOption = Annotated[
    str,
    typer.Option(help="Scorecard as a YAML file, or the key of one that ships (scorecards list --ready)."),
]


@dataclass(frozen=True, slots=True)
class Setup:
    """What all files of one command share."""

    engine: Engine
    scorecard: Scorecard
    model: ModelServer | None
    options: SpeechOptions
    limits: DecodeLimits
    redaction: Redaction | None = None
    redacted: Path | None = None


def analyze(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Recordings.")],
    scorecard: ScorecardOption = DEFAULT_SCORECARD,
    language: Annotated[str, typer.Option(help="auto, or a code such as en.")] = "auto",
    channels: Annotated[str, typer.Option(help="auto, agent-left, agent-right or mono.")] = "auto",
    hint: Annotated[list[str] | None, typer.Option(help="A name that may be said; may be repeated.")] = None,
    redact: Annotated[
        str | None, typer.Option(help="Kinds of sensitive data to take out, with commas between; or all.")
    ] = None,
    redact_audio: Annotated[
        Path | None, typer.Option(help="Write the recording without them to this file, as FLAC.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, json, srt or vtt.")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> int:
    """Analyse local recordings: no server, no database."""
    chosen = _one_of("json" if as_json else form, FORMATS, "--format")
    options = SpeechOptions(
        _language(language), _one_of(channels, get_args(ChannelOption), "--channels"), _hints(hint or [])
    )
    settings = settings_of(context)
    _log(settings)
    redaction = _redaction(redact, redact_audio, files)
    setup = replace(_setup(settings, scorecard, options), redaction=redaction, redacted=redact_audio)
    failed = 0
    for number, path in enumerate(files):
        with bars(path.name) as progress:
            document = analyze_file(path, setup, progress)
        _print(document, chosen, first=number == 0)
        if document.error:
            failed += 1
            sys.stderr.write(f"calltrace: {path}: {document.error.message} ({document.error.code})\n")
    return 1 if failed else 0


def _setup(settings: Settings, scorecard: str, options: SpeechOptions) -> Setup:
    limits = DecodeLimits(max_duration_seconds=settings.max_duration_seconds)
    threads.allow(settings.asr_threads)
    engine = load_engine(chosen(settings, models_cache(settings)))
    model = load_model(chosen_model(settings))
    return Setup(engine, named_scorecard(scorecard), model, options, limits)


def models_cache(settings: Settings) -> Path:
    """The data directory's models if there is one, else the user's cache."""
    if settings.data_dir.is_dir():
        return settings.models_dir
    return Path.home() / ".cache" / "calltrace" / "models"


def analyze_file(path: Path, setup: Setup, progress: StageProgress) -> AnalysisDocument:
    """One recording to one document; whatever is wrong with the file is in the document's ``error``."""
    stage: list[Stage] = ["decoding"]

    def moved(now: Stage, share: float) -> None:
        stage[0] = now
        progress(now, share)

    try:
        with tempfile.TemporaryDirectory(prefix="calltrace-") as folder:
            job = Job(
                path, Path(folder), setup.options, setup.limits, judge_file(path),
                redaction=setup.redaction, redacted=setup.redacted, always=True,
            )  # fmt: skip
            heard = hear(job, setup.engine, moved)
        moved("evaluating", 0.0)
        started = time.monotonic()
        evaluation = evaluate_transcript(
            heard.transcript, setup.scorecard, duration=heard.duration_seconds, marks=heard.marks,
            model=setup.model, progress=lambda share: moved("evaluating", share), warn=heard.warnings.append,
        )  # fmt: skip
        return _completed(path, heard, evaluation, time.monotonic() - started, evaluator_name(setup.model))
    except CallTraceError as error:
        return _failed(path, stage[0], error.code, error.detail, retryable=error.retryable)
    except Exception as error:
        log.debug("analyze_bug", exc_info=error)
        return _failed(path, stage[0], "internal_error", f"{type(error).__name__}: {error}", retryable=False)


def _failed(path: Path, stage: Stage, code: str, message: str, *, retryable: bool) -> AnalysisDocument:
    problem = ErrorDocument(code=code, message=message, stage=stage, retryable=retryable)
    return _document(path, "failed", stage, error=problem)


def _completed(
    path: Path, heard: Heard, evaluation: Evaluation, seconds: float, evaluator: str
) -> AnalysisDocument:
    took = StageSeconds(
        decode=heard.decode_seconds, transcribe=heard.transcribe_seconds, evaluate=round(seconds, 3)
    )
    models = ModelNames(asr=heard.asr, evaluator=evaluator)
    call = CallDocument(
        status="completed", duration_seconds=heard.duration_seconds, channels=heard.channels,
        sample_rate=heard.sample_rate, metrics=heard.metrics, marks=heard.marks,
    )  # fmt: skip
    return _document(
        path, "completed", "done", call=call, transcript=heard.transcript, evaluation=evaluation,
        processing=ProcessingDocument(seconds=took, models=models, warnings=heard.warnings),
    )  # fmt: skip


def _document(path: Path, status: Any, stage: Stage, **parts: Any) -> AnalysisDocument:
    now = clock.iso(clock.now())
    parts.setdefault("call", CallDocument(status=status))
    return AnalysisDocument(
        analysis_id=str(uuid.uuid4()), status=status, external_id=_printable(path.name), created_at=now,
        completed_at=now,
        progress=ProgressDocument(stage=stage, percent=100 if stage == "done" else 0), **parts,
    )  # fmt: skip


def _printable(name: str) -> str:
    """A file name as text: one that is no UTF-8 must not stop the files after it."""
    return os.fsencode(name).decode("utf-8", "replace")


def _print(document: AnalysisDocument, form: str, *, first: bool) -> None:
    if form == "json":
        sys.stdout.write(document.model_dump_json() + "\n")
    elif form == "text":
        console = Console()
        if not first:
            console.rule()
        report.render(document, console)
    elif document.transcript:
        sys.stdout.write((to_srt if form == "srt" else to_vtt)(document.transcript))


def evaluate(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Transcripts as JSON.")],
    scorecard: ScorecardOption = DEFAULT_SCORECARD,
    as_json: Annotated[bool, typer.Option("--json", help="One evaluation a line.")] = False,
) -> int:
    """Evaluate transcripts: {"language", "segments": [{"speaker", "start", "end", "text"}]}."""
    settings = settings_of(context)
    _log(settings)
    card, model = named_scorecard(scorecard), load_model(chosen_model(settings))
    for path in files:
        transcript, duration = read_transcript(path)
        warnings: list[Remark] = []
        evaluation = evaluate_transcript(
            transcript, card, duration=duration, model=model, warn=warnings.append
        )
        for one in warnings:
            sys.stderr.write(f"calltrace: {path}: {one.message} ({one.code})\n")
        if as_json:
            sys.stdout.write(evaluation.model_dump_json() + "\n")
        else:
            document = _document(path, "completed", "done", transcript=transcript, evaluation=evaluation)
            report.render(document, Console())
    return 0


def _log(settings: Settings) -> None:
    """To stderr, and only what went wrong unless more is asked for: stdout is for results."""
    logs.configure("debug" if settings.log_level == "debug" else "warning", settings.log_format)


def _language(text: str) -> str:
    if text == "auto":
        return text
    code = known_language(text)
    if code is None:
        raise UsageError(f"--language is auto or a language code, not {text!r}.")
    return code


def _hints(terms: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(vocabulary.checked(terms))
    except InvalidRequestError as error:
        raise UsageError(f"--hint: {error.detail}") from error


def _redaction(kinds: str | None, audio: Path | None, files: Sequence[Path]) -> Redaction | None:
    if kinds is None:
        if audio:
            raise UsageError("--redact-audio needs --redact, which says what is taken out.")
        return None
    if audio and (len(files) > 1 or audio.exists()):
        raise UsageError(f"--redact-audio writes one new file: {audio} is there, or there are several calls.")
    if audio and not audio.parent.is_dir():
        raise UsageError(f"--redact-audio: there is no folder {audio.parent}.")
    if kinds == "all":
        return Redaction.everything(audio=audio is not None)
    named = [kind.strip() for kind in kinds.split(",")]
    try:
        return Redaction.model_validate({"transcript": named, "audio": audio is not None})
    except ValidationError as error:
        raise UsageError(f"--redact is all, or some of {', '.join(KINDS)}, each once.") from error


def _one_of(value: str, choices: Sequence[str], option: str) -> Any:
    if value not in choices:
        raise UsageError(f"{option} is one of {', '.join(choices)}, not {value!r}.")
    return value
