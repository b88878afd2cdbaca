"""The SQL that adds facts and changes up, in all the ways in which sums are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calltrace.insights.measures import CALLS, DIMENSIONS, MARKS

DAYS = "('d', (f.called_at AT TIME ZONE z.zone)::date)"
MONTHS = "('m', date_trunc('month', f.called_at AT TIME ZONE z.zone)::date)"


def of_days(first: str, last: str) -> str:
    """SQL: ``f`` took place on the days from one to another, both SQL for a date, as clocks there showed it.

    A midnight may come twice, and PostgreSQL means the later one: the moments only lead the index near it.
    """
    return f"""f.called_at >= ({first})::timestamp AT TIME ZONE :zone - interval '1 day'
        AND f.called_at < (({last}) + 1)::timestamp AT TIME ZONE :zone + interval '1 day'
        AND (f.called_at AT TIME ZONE :zone)::date BETWEEN {first} AND {last}"""


LINES = """
    CROSS JOIN LATERAL unnest(f.criteria, string_to_array(f.verdicts, NULL), f.notes)
        AS line (criterion, verdict, note)
"""
_DIMENSIONS = ", ".join(f"f.{one}" for one in DIMENSIONS)
_EACH = ", ".join(f"(f.{one})" for one in DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Family:
    """One table of sums: what it keeps, and by what more than the dimensions it is split."""

    table: str
    measures: Mapping[str, str]
    more: Sequence[str] = ()
    lines: str = ""

    @property
    def keys(self) -> list[str]:
        """The columns that tell its rows apart."""
        return ["org_id", "mode", "zone", "grain", "kind", "starts", *DIMENSIONS, *self.more]

    @property
    def columns(self) -> str:
        """All of them."""
        return ", ".join([*self.keys, *self.measures])

    def totals(self, source: str, *grains: str) -> str:
        """Rows of this table out of ``source``, which is facts as ``f`` with their sign, joined to zones."""
        every = f"CROSS JOIN LATERAL (VALUES {', '.join(grains)}) AS grains (grain, starts)"
        more = ["f.scorecard_id", "line.criterion"] if self.more else []
        split = ", ".join(["f.org_id", "f.mode", "z.zone", "grains.grain", "grains.starts", *more])
        return f"""
            SELECT f.org_id, f.mode, z.zone, grains.grain, GROUPING({_DIMENSIONS})::smallint AS kind,
                grains.starts, {", ".join([_DIMENSIONS, *more])},
                {", ".join(f"{sql} AS {name}" for name, sql in self.measures.items())}
            FROM {source} {every} {self.lines}
            GROUP BY {split}, GROUPING SETS ((), {_EACH}, ({_DIMENSIONS}))
        """

    def add(self, rows: str) -> str:
        """Add ``rows`` to the table; what is there grows."""
        grown = ", ".join(f"{one} = held.{one} + excluded.{one}" for one in self.measures)
        return f"""
            INSERT INTO {self.table} AS held ({self.columns}) SELECT {self.columns} FROM ({rows}) AS added
            ON CONFLICT ({", ".join(self.keys)}) DO UPDATE SET {grown}
        """

    @property
    def is_empty(self) -> str:
        """SQL: a row that says nothing any more."""
        return " AND ".join(f"{one} = 0" for one in self.measures)

    @property
    def held_is_empty(self) -> str:
        """The same of a row called ``held``."""
        return " AND ".join(f"held.{one} = 0" for one in self.measures)


CELLS = Family("insight_cells", CALLS)
MARKED = Family("insight_marks", MARKS, ("scorecard_id", "criterion"), LINES)
FAMILIES = (CELLS, MARKED)
EVERYTHING = 2 ** len(DIMENSIONS) - 1
"""The kind of what is split by nothing."""


def kind_of(used: Sequence[str]) -> int:
    """The kind of sums that can be narrowed down and split by some dimensions: by one, or by all five."""
    if not used:
        return EVERYTHING
    if len(used) > 1:
        return 0
    return EVERYTHING - 2 ** (len(DIMENSIONS) - 1 - list(map(str, DIMENSIONS)).index(used[0]))
