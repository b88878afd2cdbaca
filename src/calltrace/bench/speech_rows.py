"""The speech part's numbers: one line per recording, per kind and language, and over all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from calltrace.bench.report import Value, rounded, share
from calltrace.kit.bootstrap import interval, pooled
from calltrace.speech.bench import Part, Row

TITLES = {
    "recording": "recording", "n": "n", "heardLanguage": "language", "seconds": "seconds",
    "cost": "s per audio s", "ratio": "ratio", "wer": "WER", "bareWer": "bare WER",
    "roleAccuracy": "roles right", "roleAlone": "where one speaks", "derCollar": "DER",
    "phantoms": "phantom words", "error": "error",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rate:
    """Something that adds up over recordings, and how it is called."""

    key: str
    title: str
    of: Callable[[Row], Part | None]


def _cost(row: Row, which: str, clock: str) -> Part | None:
    cost = row.cost if which == "ours" else row.bare_cost
    return Part(getattr(cost, clock), row.seconds) if cost and row.seconds else None


_RATES = (
    _Rate("cost", "seconds per audio second", lambda row: _cost(row, "ours", "wall")),
    _Rate("bareCost", "the same, bare", lambda row: _cost(row, "bare", "wall")),
    _Rate("cpu", "CPU seconds per audio second", lambda row: _cost(row, "ours", "cpu")),
    _Rate("bareCpu", "the same, bare", lambda row: _cost(row, "bare", "cpu")),
    _Rate("wer", "WER", lambda row: row.text and row.text.words),
    _Rate("bareWer", "bare WER", lambda row: row.bare_text and row.bare_text.words),
    _Rate("cer", "CER", lambda row: row.text and row.text.characters),
    _Rate("bareCer", "bare CER", lambda row: row.bare_text and row.bare_text.characters),
    _Rate("roleAccuracy", "roles right, by time", lambda row: row.speakers and row.speakers.role_time),
    _Rate("roleAlone", "roles right where one speaks", lambda row: row.speakers and row.speakers.role_alone),
    _Rate("roleWords", "roles right, by word", lambda row: row.speakers and row.speakers.role_words),
    _Rate("roleCoverage", "roles heard, by time", lambda row: row.speakers and row.speakers.role_coverage),
    _Rate("der", "DER", lambda row: row.speakers and row.speakers.error),
    _Rate("derCollar", "DER with collar", lambda row: row.speakers and row.speakers.error_with_collar),
    _Rate("languageRight", "language right", lambda row: Part(row.language == row.true_language, 1)),
)
_IN_NOTES = (
    *("wer", "bareWer", "cer", "bareCer", "roleAccuracy", "roleAlone", "roleWords"),
    *("der", "derCollar", "languageRight"),
)


def line(row: Row) -> dict[str, Value]:
    """One recording."""
    return {
        "recording": row.path, "kind": row.kind or None, "n": 1, "language": row.true_language,
        "heardLanguage": row.language, "seconds": round(row.seconds, 2), "words": row.words,
        **_values([row]), "speakers": row.speakers.true if row.speakers else None,
        "voices": row.speakers.heard if row.speakers else None, "phantoms": row.phantoms, "error": row.error,
    }  # fmt: skip


def totals(rows: Sequence[Row]) -> list[dict[str, Value]]:
    """Every kind and language with several recordings, and all."""
    groups = {name: group for name, group in _groups(rows) if len(group) > 1}
    return [_total(name, group) for name, group in groups.items()]


def rates(rows: Sequence[Row]) -> Iterator[str]:
    """Each rate over all recordings that have it, with its interval, as a sentence."""
    heard = [row for row in rows if row.error is None]
    for rate in _RATES:
        parts = _parts(rate, heard)
        found, around = pooled(parts), interval(parts)
        if rate.key in _IN_NOTES and found is not None and around is not None:
            n = sum(whole > 0 for _, whole in parts)
            yield f"{rate.title}: {found:.3f} (95 % {around[0]:.3f} to {around[1]:.3f}, n = {n})"


def _groups(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    heard = [row for row in rows if row.error is None]
    for kind in dict.fromkeys(row.kind for row in heard if row.kind):
        yield kind, [row for row in heard if row.kind == kind]
    for language in dict.fromkeys(row.true_language for row in heard):
        yield f"language {language}", [row for row in heard if row.true_language == language]
    yield "all", heard


def _total(name: str, rows: Sequence[Row]) -> dict[str, Value]:
    phantoms = [row.phantoms for row in rows if row.phantoms is not None]
    bounds: dict[str, Value] = {}
    for rate in _RATES:
        found = interval(_parts(rate, rows))
        bounds[f"{rate.key}Low"], bounds[f"{rate.key}High"] = _pair(found)
    return {
        "recording": name, "kind": None, "n": len(rows), "language": None, "heardLanguage": None,
        "seconds": round(sum(row.seconds for row in rows), 2), "words": sum(row.words for row in rows),
        **_values(rows), **bounds, "phantoms": sum(phantoms) if phantoms else None, "error": None,
    }  # fmt: skip


def _pair(found: tuple[float, float] | None) -> tuple[float | None, float | None]:
    return (None, None) if found is None else (rounded(found[0]), rounded(found[1]))


def _values(rows: Sequence[Row]) -> Mapping[str, Value]:
    values: dict[str, Value] = {rate.key: rounded(pooled(_parts(rate, rows))) for rate in _RATES}
    cost, bare = (pooled(_parts(rate, rows)) for rate in _RATES[:2])
    return values | {"ratio": share(bare, cost)}


def _parts(rate: _Rate, rows: Sequence[Row]) -> list[tuple[float, float]]:
    found = [rate.of(row) for row in rows]
    return [(part.amount, part.whole) for part in found if part]
