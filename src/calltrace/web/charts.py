"""Charts drawn on the server as SVG: no script, nothing inline but shapes; colours come from the style sheet.

A chart says in its title what it shows, and the numbers themselves stand in a table beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 640, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 10, 24
_LINES = 4
_LABELS = 6
_DOTS = 45
"""Of more than that, small ones."""
_BAR = Markup(
    '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5">{}</rect>'
)  # fmt: skip
_DOT = Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="{}">{}</circle>')
_RULE = Markup(
    '<line class="rule" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"></line>'
    '<text class="tick" x="{3}" y="{4:.1f}" text-anchor="end">{5:g}</text>'
)
_CHART = Markup(
    '<svg class="chart" viewBox="0 0 {} {}" role="group" aria-label="{}">'
    '<g aria-hidden="true">{}{}</g>{}</svg>'
)
_SHARES = Markup(
    '<svg class="shares" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One value of a chart: where it stands, how it is told, and where it leads."""

    label: str
    value: float | None
    told: str
    href: str | None = None


def bars(title: str, marks: Sequence[Mark]) -> Markup:
    """One bar for each mark, from zero."""
    scale = _Scale(marks, 0)
    step = scale.width / max(len(marks), 1)
    shapes = [
        _linked(one, _BAR.format(
            _LEFT + at * step + step * 0.14, scale.y(one.value), step * 0.72,
            scale.y(0) - scale.y(one.value), _told(one),
        ))
        for at, one in enumerate(marks)
        if one.value
    ]  # fmt: skip
    return _chart(title, scale, shapes, marks)


def line(title: str, marks: Sequence[Mark], highest: float | None = None) -> Markup:
    """A line through the marks, with a gap where there is no value."""
    scale = _Scale(marks, highest)
    places = [
        None if one.value is None else (scale.x(at, len(marks)), scale.y(one.value))
        for at, one in enumerate(marks)
    ]
    radius = 3 if len(marks) <= _DOTS else 2
    dots = [
        _linked(one, _DOT.format(*place, radius, _told(one)))
        for one, place in zip(marks, places, strict=True)
        if place
    ]
    return _chart(title, scale, [_path(places), *dots], marks)


def spark(title: str, values: Sequence[float | None], highest: float) -> Markup:
    """A small line without axes, for a row of a table."""
    step, room = 120 / max(len(values) - 1, 1), 22 / highest
    places = [None if value is None else (at * step, 25 - value * room) for at, value in enumerate(values)]
    return Markup(
        '<svg class="spark" viewBox="0 0 120 28" width="120" height="28" role="img" aria-label="{}">{}</svg>'
    ).format(title, _path(places))


def _path(places: Sequence[tuple[float, float] | None]) -> Markup:
    """A line from place to place, broken where there is none."""
    steps, before = list[str](), False
    for place in places:
        if place:
            step = "L{:.1f} {:.1f}" if before else "M{:.1f} {:.1f}h0"  # a value alone is a dot
            steps.append(step.format(*place))
        before = place is not None
    return Markup('<path class="line" d="{}"></path>').format("".join(steps))


def shares(title: str, parts: Sequence[tuple[str, int]]) -> Markup:
    """One bar that is divided: each part is the name of its colour and a count."""
    whole, at, shapes = sum(count for _name, count in parts) or 1, 0.0, list[Markup]()
    for name, count in parts:
        width = 100 * count / whole
        if count:
            shapes.append(
                Markup('<rect class="{}" x="{:.2f}" width="{:.2f}" height="8"></rect>').format(
                    name, at, width
                )
            )
        at += width
    return _SHARES.format(title, Markup("").join(shapes))


class _Scale:
    def __init__(self, marks: Sequence[Mark], highest: float | None) -> None:
        top = highest or max((one.value or 0 for one in marks), default=0)
        self.step = _nice(top / _LINES)
        self.top = highest or max(self.step * math.ceil(top / self.step), self.step)
        self.width = WIDTH - _LEFT - _RIGHT

    def x(self, at: int, count: int) -> float:
        """The middle of a mark's share of the width."""
        return _LEFT + self.width * (at + 0.5) / count

    def y(self, value: float | None) -> float:
        """Where a value stands."""
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (value or 0) / self.top

    def lines(self) -> list[float]:
        """The values at which lines are drawn."""
        return [self.step * n for n in range(int(self.top / self.step + 0.001) + 1)]


def _nice(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten: what people read easily. Counts have no fractions."""
    if step <= 1:
        return 1
    power = 10 ** math.floor(math.log10(step))
    return next(power * one for one in (1, 2, 5, 10) if power * one >= step)


def _chart(title: str, scale: _Scale, shapes: Sequence[Markup], marks: Sequence[Mark]) -> Markup:
    grid = [
        _RULE.format(_LEFT, WIDTH - _RIGHT, scale.y(one), _LEFT - 6, scale.y(one) + 3.5, one)
        for one in scale.lines()
    ]
    every = max(math.ceil(len(marks) / _LABELS), 1)
    labels = [
        Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            scale.x(at, len(marks)), HEIGHT - 7, one.label
        )
        for at, one in enumerate(marks)
        if at % every == every // 2 or len(marks) <= _LABELS
    ]
    joined = (Markup("").join(some) for some in (grid, labels, shapes))
    return _CHART.format(WIDTH, HEIGHT, title, *joined)


def _linked(mark: Mark, shape: Markup) -> Markup:
    """A shape that leads somewhere. The table has the same links, so that the keyboard need not walk here."""
    if mark.href is None:
        return shape
    return Markup('<a href="{}" tabindex="-1" aria-label="{}">{}</a>').format(mark.href, mark.told, shape)


def _told(mark: Mark) -> Markup:
    return Markup("<title>{}</title>").format(mark.told)
