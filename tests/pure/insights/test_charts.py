"""Charts: right shapes, safe words, and nothing that a strict policy would refuse."""

import re
from xml.etree import ElementTree as ET

import pytest

from calltrace.web import charts
from calltrace.web.charts import Mark

MARKS = [
    Mark("1 <Mar>", 4.0, "4 & more", "/calls?a=1&b=2"),
    Mark("2 Mar", None, "nothing"),
    Mark("3 Mar", 8, "8"),
]


@pytest.mark.parametrize("chart", [charts.bars, charts.line])
def test_a_chart_is_well_formed_and_inline_free(chart: object) -> None:
    drawn = str(chart("Calls <by> day", MARKS))  # type: ignore[operator] - one of the two above
    ET.fromstring(drawn)
    assert "Calls &lt;by&gt; day" in drawn
    assert 'href="/calls?a=1&amp;b=2"' in drawn
    assert not re.search(r"style=|<script|on\w+=", drawn)


def test_bars_stand_on_zero_and_are_as_high_as_their_values() -> None:
    heights = [float(one) for one in re.findall(r'height="([\d.]+)"', str(charts.bars("t", MARKS)))]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    [path] = re.findall(r'class="line" d="([^"]+)"', str(charts.line("t", MARKS, 100)))
    assert path.count("M") == 2
    assert "L" not in path


def test_nothing_to_show_is_an_empty_chart() -> None:
    for drawn in (charts.bars("t", []), charts.line("t", []), charts.spark("t", [None], 100)):
        ET.fromstring(str(drawn))


def test_shares_add_up_to_the_whole_width() -> None:
    drawn = str(charts.shares("t", [("good", 3), ("warn", 0), ("bad", 1)]))
    assert [float(one) for one in re.findall(r'width="([\d.]+)"', drawn)] == [75.0, 25.0]
