"""``sequence``: the steps are expressed one after the other."""

import numpy as np

from calltrace.evaluation.criteria.base import Opinion, Spot, best, spots, summary
from calltrace.evaluation.cues import Hits, hits
from calltrace.evaluation.hearing import Hearing
from calltrace.meaning.logistic import Vector, logit
from calltrace.scorecards.checks import Sequence

_FOUND = 0.5
Origins = np.ndarray[tuple[int], np.dtype[np.int64]]


def examine(check: Sequence, hearing: Hearing) -> Opinion:
    """The surest way through all steps in order; two steps may share one turn."""
    found = [hits(step, hearing) for step in check.steps]
    reach = None if check.max_gap_seconds is None else _Reach(hearing, check.max_gap_seconds)
    path, strengths = _best_path([one.strength for one in found], reach)
    ordered = min(strengths)
    features = {f"step{i}.{name}": v for i, one in enumerate(found) for name, v in _step(one).items()}
    features["ordered"] = logit(float(np.prod(strengths)))
    features["anyhow"] = logit(min(best(one.strength) for one in found))
    return Opinion(
        met=ordered,
        features=features,
        reasons=(
            _taken(strengths),
            _missing(strengths, found, check.max_gap_seconds),
            "The call gave no occasion for it.",
        ),
        proof=_proof(found, path),
        share=sum(strength >= _FOUND for strength in strengths) / len(found) if check.partial else None,
    )


def _taken(strengths: list[float]) -> str:
    """A trained head may find the whole likely although a step is faint: say so."""
    faint = [str(i + 1) for i, strength in enumerate(strengths) if strength < _FOUND]
    end = f", though step {', '.join(faint)} only faintly" if faint else ""
    return f"The {len(strengths)} steps were taken in order{end}."


def _step(one: Hits) -> dict[str, float]:
    return {name.removeprefix("x."): value for name, value in summary("x", one.strength).items()}


def _proof(found: list[Hits], path: list[int]) -> tuple[Spot, ...]:
    """The turns of the best path that carry their step, each once."""
    chosen: dict[int, Spot] = {}
    for one, index in zip(found, path, strict=True):
        if index >= 0 and spots(one, one.strength[index : index + 1]):
            chosen.setdefault(index, Spot(index, one))
    return tuple(chosen[index] for index in sorted(chosen))


def _missing(strengths: list[float], found: list[Hits], gap: float | None) -> str:
    late = f", or not within {gap:g} s" if gap is not None else ""
    weak = [str(i + 1) for i, strength in enumerate(strengths) if strength < _FOUND]
    if len(weak) == len(found):
        return "None of the steps was clearly taken."
    return (
        f"Not clearly taken, or not in order{late}: step {', '.join(weak)} of {len(found)}."
        if weak
        else ("The steps are too uncertain to count.")
    )


class _Reach:
    """From which turns each turn can be reached: those that ended at most ``seconds`` before it begins."""

    def __init__(self, hearing: Hearing, seconds: float) -> None:
        self._earliest = np.array([segment.start for segment in hearing.segments]) - seconds
        self._ends = np.array([segment.end for segment in hearing.segments])

    def origins(self, values: Vector) -> Origins:
        """As ``_argmax_so_far``; the turn itself can always be reached."""
        origin = np.zeros(len(values), np.int64)
        for index in range(len(values)):
            near = self._ends[: index + 1] >= self._earliest[index]
            near[index] = True
            origin[index] = int(np.argmax(np.where(near, values[: index + 1], -np.inf)))
        return origin


def _best_path(steps: list[Vector], reach: _Reach | None = None) -> tuple[list[int], list[float]]:
    """Indices, never going back, with the highest product; and the strength of each step there."""
    size = len(steps[0])
    if not size:
        return [-1] * len(steps), [0.0] * len(steps)
    # A floor keeps a single absent step from making all paths equal.
    scores = [np.log(step + 1e-3) for step in steps]
    total, back = scores[0], [np.arange(size)]
    for score in scores[1:]:
        origin = reach.origins(total) if reach else _argmax_so_far(total)
        back.append(origin)
        total = total[origin] + score
    path = [int(np.argmax(total))]
    for origin in reversed(back[1:]):
        path.append(int(origin[path[-1]]))
    path.reverse()
    return path, [float(step[index]) for step, index in zip(steps, path, strict=True)]


def _argmax_so_far(values: Vector) -> Origins:
    """For each index the first index, up to it, of the highest value."""
    top = 0
    origin = np.zeros(len(values), np.int64)
    for index in range(len(values)):
        top = index if values[index] > values[top] else top
        origin[index] = top
    return origin
