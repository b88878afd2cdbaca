"""The parts of the report that are about the call itself: what was said, who talked, what stood out."""

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from calltrace.cli.report_style import (
    ROLE_STYLE,
    columns,
    facts,
    heading,
    number,
    plain,
    seconds,
    share,
    symbols,
)
from calltrace.evaluation.results import Evaluation, Mood, SensitiveSpan
from calltrace.speech.formats import clock, voice_names
from calltrace.speech.transcript import TalkMetrics, Transcript

_MOOD_STYLE: dict[Mood, str] = {"positive": "green", "neutral": "default", "negative": "red"}
_UNKNOWN = "unknown"


def transcript(spoken: Transcript, console: Console) -> None:
    """Every segment with its time and speaker."""
    heading(console, "Transcript")
    if not spoken.segments:
        console.print(Text("No speech was found.", style="yellow"))
        return
    names = voice_names(spoken)
    table = Table.grid(
        Column(style="dim", justify="right", no_wrap=True),
        Column(no_wrap=True),
        Column(overflow="fold"),
        padding=(0, 2, 0, 0),
    )
    for segment in spoken.segments:
        speaker = Text(names[segment.speaker, segment.speaker_id], style=ROLE_STYLE[segment.speaker])
        table.add_row(clock(segment.start), speaker, Text(plain(segment.text)))
    console.print(table)
    console.print(_attribution(spoken))


def _attribution(spoken: Transcript) -> Text:
    sure = share(spoken.attribution.confidence)
    if any(segment.speaker == _UNKNOWN for segment in spoken.segments):
        note = "Not every voice could be told to be the agent or the customer"
        return Text(f"{note} (method: {spoken.attribution.method}, {sure} sure).", style="yellow")
    how = "by channel" if spoken.attribution.method == "channel" else "by voice"
    return Text(f"Speakers were told apart {how}, {sure} sure.", style="dim")


def metrics(measured: TalkMetrics, duration: float | None, console: Console) -> None:
    """Who talked how much."""
    heading(console, "Talk")
    table = columns("", Column("Agent", justify="right"), Column("Customer", justify="right"))
    talk, longest = measured.talk_seconds, measured.longest_monologue_seconds
    table.add_row("Talked", _of(talk.agent, duration), _of(talk.customer, duration))
    rates, cuts = measured.words_per_minute, measured.interruptions
    table.add_row("Words a minute", str(rates.agent), str(rates.customer))
    table.add_row("Longest monologue", seconds(longest.agent), seconds(longest.customer))
    table.add_row("Interrupted the other", str(cuts.agent), str(cuts.customer))
    console.print(table)
    quiet, longest_quiet = measured.silence_seconds, measured.longest_silence_seconds
    silence = f"Silence {_of(quiet, duration)}, longest {seconds(longest_quiet)}"
    both = f"both at once {seconds(measured.overlap_seconds)}"
    held = [f"on hold {seconds(measured.hold_seconds)}"] if measured.hold_seconds else []
    console.print(Text(symbols(console).dot.join([silence, *held, both])))


def _of(value: float, duration: float | None) -> str:
    return f"{seconds(value)} ({share(value / duration)})" if duration else seconds(value)


def signals(evaluation: Evaluation, spoken: Transcript | None, console: Console) -> None:
    """What stands beside the score, and what to do better."""
    heading(console, "Signals")
    escalation = Text("yes, asked for", style="red") if evaluation.escalation else Text("no")
    mood = evaluation.sentiment
    console.print(
        facts(
            [
                ("Customer sounded", _mood(mood.customer)),
                ("Agent sounded", _mood(mood.agent)),
                ("Escalation", escalation),
                ("Customer effort", f"{number(evaluation.customer_effort_score)} of 5 (an estimate)"),
                ("Sensitive data", _sensitive(evaluation.sensitive_data, spoken)),
            ]
        )
    )
    if evaluation.recommendations:
        heading(console, "Recommendations")
        console.print(_listed(evaluation.recommendations))


def _mood(mood: Mood | None) -> Text:
    return Text(mood, style=_MOOD_STYLE[mood]) if mood else Text("said nothing", style="dim")


def _sensitive(spans: list[SensitiveSpan], spoken: Transcript | None) -> Text:
    if not spans:
        return Text("none found")
    starts = {segment.id: segment.start for segment in spoken.segments} if spoken else {}
    shown = [
        f"{plain(span.kind).replace('_', ' ')} at {clock(starts[span.segment_id])}"
        if span.segment_id in starts
        else plain(span.kind).replace("_", " ")
        for span in spans
    ]
    return Text(", ".join(shown), style="yellow")


def _listed(lines: list[str]) -> Table:
    table = Table.grid(Column(style="dim", no_wrap=True), Column(overflow="fold"), padding=(0, 1, 0, 0))
    for place, line in enumerate(lines, 1):
        table.add_row(f"{place}.", Text(plain(line)))
    return table
