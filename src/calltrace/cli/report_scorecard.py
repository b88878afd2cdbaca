"""The scorecard part of the report: every verdict with its reason and proof, and the sum."""

from rich.console import Console
from rich.table import Column
from rich.text import Text

from calltrace.cli.report_style import (
    VERDICT_NAME,
    VERDICT_STYLE,
    Symbols,
    columns,
    heading,
    number,
    plain,
    share,
    symbols,
)
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.speech.formats import clock

_ROUNDING = 0.051
"""Scores have one decimal."""
_WHOLE = 100


def scorecard(evaluation: Evaluation, console: Console) -> None:
    """A row per criterion and the arithmetic of the total."""
    heading(console, f"Scorecard: {plain(evaluation.scorecard.name)}, version {evaluation.scorecard.version}")
    marks = symbols(console)
    table = columns(
        Column("", no_wrap=True),
        Column("Criterion", max_width=26, overflow="fold"),
        Column("Points", justify="right", no_wrap=True),
        Column("Sure", justify="right", no_wrap=True),
        Column("Why", overflow="fold", ratio=1),
    )
    table.expand = True
    for result in evaluation.criteria:
        table.add_row(*_row(result, marks))
    console.print(table)
    console.print()
    console.print(Text("\n").join(_sum(evaluation)))


def _row(result: CriterionResult, marks: Symbols) -> tuple[Text, Text, Text, Text, Text]:
    style = VERDICT_STYLE[result.verdict]
    name = Text(plain(result.name), style="bold").append(
        f"\n{VERDICT_NAME[result.verdict]}", style=f"not bold {style}"
    )
    name.append(f" by {result.method}", style="not bold dim")
    return (
        Text(marks.verdicts[result.verdict], style=style),
        name,
        Text(_points(result)),
        Text(share(result.confidence)),
        _why(result, marks),
    )


def _points(result: CriterionResult) -> str:
    provisional = "*" if result.verdict == "needs_review" else ""
    if result.verdict == "not_applicable" or not result.max_score:
        return f"n/a{provisional}"
    return f"{number(result.score)} / {number(result.max_score)}{provisional}"


def _why(result: CriterionResult, marks: Symbols) -> Text:
    opening, closing = marks.quotes
    lines = [Text(plain(result.reason))] if result.reason else []
    # Two cues of a criterion may be met by the same words: nobody wants to read them twice.
    for start, quote in dict.fromkeys((proof.start, proof.quote) for proof in result.evidence):
        line = Text(f"{clock(start)} ", style="dim")
        lines.append(line.append(f"{opening}{plain(quote)}{closing}", style="not dim italic"))
    return Text("\n").join(lines)


def _sum(evaluation: Evaluation) -> list[Text]:
    counted = [result for result in evaluation.criteria if result.verdict != "not_applicable"]
    earned = sum(result.score for result in counted)
    possible = sum(result.max_score for result in counted)
    terms = " + ".join(number(result.score) for result in counted) or "0"
    lines = [Text(f"{terms} = {number(earned)} of {number(possible)} points", style="bold")]
    lines[0].append(_conclusion(evaluation, earned, possible), style="bold")
    return [*lines, *(Text(note, style="dim") for note in _notes(evaluation))]


def _conclusion(evaluation: Evaluation, earned: float, possible: float) -> str:
    """From the points to the score, and the truth where they are not simply in proportion."""
    if evaluation.score is None:
        waiting = any(result.verdict == "needs_review" for result in evaluation.criteria)
        return (
            ": no score before a person has looked" if waiting else ": nothing applied, so there is no score"
        )
    score = f"score {number(evaluation.score)}"
    plain_share = _WHOLE * earned / possible if possible else 0.0
    if abs(plain_share - evaluation.score) <= _ROUNDING:
        return f", {score}"
    return f" ({number(plain_share)} %), {score} by the scorecard's weights, bonus and critical criteria"


def _notes(evaluation: Evaluation) -> list[str]:
    left_out = sum(result.verdict == "not_applicable" for result in evaluation.criteria)
    provisional = sum(result.verdict == "needs_review" for result in evaluation.criteria)
    notes = [f"Not applicable, left out of the sum: {left_out}"] if left_out else []
    return [*notes, f"* A best guess until a person has reviewed it: {provisional}"] if provisional else notes
