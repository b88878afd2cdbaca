"""The report of one analysis for a person at a terminal; as plain text, too, when it is piped."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from calltrace.analyses.document import AnalysisDocument, ErrorDocument
from calltrace.cli import report_call, report_scorecard
from calltrace.cli.report_digits import big
from calltrace.cli.report_style import facts, heading, number, plain, seconds, share, symbols
from calltrace.evaluation.results import Evaluation
from calltrace.speech.formats import clock


def render(document: AnalysisDocument, console: Console) -> None:
    """Print everything a document knows: result, transcript, scorecard with evidence, signals, timings."""
    _head(document, console)
    if document.transcript:
        report_call.transcript(document.transcript, console)
    if document.evaluation:
        report_scorecard.scorecard(document.evaluation, console)
    if document.call.metrics:
        report_call.metrics(document.call.metrics, document.call.duration_seconds, console)
    if document.evaluation:
        report_call.signals(document.evaluation, document.transcript, console)
    _processing(document, console)


def _head(document: AnalysisDocument, console: Console) -> None:
    console.print()
    if document.error:
        _failure(document.error, console)
    elif document.evaluation:
        _score(document.evaluation, console)
    else:
        percent = f", {document.progress.percent} %" if document.status == "processing" else ""
        console.print(
            Text(f"{document.status.upper()}: {document.progress.stage}{percent}", style="bold yellow")
        )
    for facts_of in (_which(document), _sound(document)):
        if facts_of:
            console.print(Text(symbols(console).dot.join(facts_of), style="dim"))
    if document.evaluation and document.evaluation.summary:
        console.print()
        console.print(Text(plain(document.evaluation.summary)))


def _failure(error: ErrorDocument, console: Console) -> None:
    console.print(Text(f"FAILED while {error.stage}: {error.code}", style="bold red"))
    console.print(Text(plain(error.message)))
    again = "Trying again later may help." if error.retryable else "Trying again will not help."
    console.print(Text(again, style="dim"))


def _score(evaluation: Evaluation, console: Console) -> None:
    verdict, style = _outcome(evaluation)
    score = "no score" if evaluation.score is None else f"{number(evaluation.score)} of 100"
    card = evaluation.scorecard
    beside = Text(f"{verdict}\n", style=f"bold {style}").append(f"{score}\n", style="default")
    beside.append(f"{plain(card.name)}, version {card.version}", style="not bold default")
    if evaluation.score is None or not console.is_terminal or console.options.ascii_only:
        console.print(beside)
        return
    table = Table.grid(padding=(0, 4, 0, 0))
    table.add_row(Text(big(number(evaluation.score)), style=f"bold {style}"), beside)
    console.print(table)


def _outcome(evaluation: Evaluation) -> tuple[str, str]:
    if evaluation.passed is None:
        return "NOT DECIDED", "yellow"
    return ("PASSED", "green") if evaluation.passed else ("NOT PASSED", "red")


def _which(document: AnalysisDocument) -> list[str]:
    call = document.call
    who = [("agent", call.agent_id), ("queue", call.queue_id)]
    known = [f"{name} {plain(value)}" for name, value in who if value]
    return [plain(document.external_id or document.analysis_id), f"analysis {document.status}", *known]


def _sound(document: AnalysisDocument) -> list[str]:
    call, spoken = document.call, document.transcript
    known = [
        clock(call.duration_seconds) if call.duration_seconds is not None else "",
        f"language {spoken.language} ({share(spoken.language_confidence)} sure)" if spoken else "",
        _channels(call.channels),
        f"{number(call.sample_rate / 1000)} kHz" if call.sample_rate else "",
    ]
    return [fact for fact in known if fact]


def _channels(count: int | None) -> str:
    if count is None:
        return ""
    return "mono" if count == 1 else f"{count} channels"


def _processing(document: AnalysisDocument, console: Console) -> None:
    made = document.processing
    took = {
        name: value for name, value in made.seconds.model_dump(by_alias=False).items() if value is not None
    }
    models = [name for name in (made.models.asr, made.models.evaluator) if name]
    if not (took or models or made.warnings):
        return
    dot = symbols(console).dot
    heading(console, "How it was made")
    rows: list[tuple[str, Text | str]] = []
    if took:
        stages = [f"{name} {seconds(value)}" for name, value in took.items()]
        rows.append(("Time", dot.join([*stages, *_pace(sum(took.values()), document.call.duration_seconds)])))
    if models:
        rows.append(("Models", plain(dot.join(models))))
    rows += [("Warning", Text(plain(warning.message), style="yellow")) for warning in made.warnings]
    console.print(facts(rows))


def _pace(total: float, duration: float | None) -> list[str]:
    pace = [f"{number(duration / total)} times as fast as the call"] if duration and total else []
    return [f"{seconds(total)} in all", *pace]
