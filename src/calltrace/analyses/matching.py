"""What is searched for, as conditions of the database on ``CallText``."""

from collections.abc import Iterable

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from calltrace.analyses.models import Analysis, CallText
from calltrace.analyses.search_terms import Search, Term
from calltrace.analyses.texts import NAMED, owner_mark, parts


def query(term: Term, search: Search, *, names: bool = True) -> str:
    """A term for the index; what that finds may be too much: ``matches`` tells then.

    Args:
        term: what is to be found.
        search: of which it is one; it is known whose calls are searched.
        names: also where all threes of letters are in a name that the term has.
    """
    if search.org_id is None:
        raise ValueError("nobody said whose calls are searched")
    mark = owner_mark(search.org_id)
    *first, last = term.words
    said = [*(_lexeme(mark + one) for one in first), _lexeme(mark + last) + ("" if term.whole else ":*")]
    letters = sorted(parts(" ".join(term.words))) if names else []
    if not letters:
        return _all(said)
    return f"({_all(said)} | {_all(_lexeme(mark + NAMED + one) for one in letters)})"


def _lexeme(word: str) -> str:
    """Words are letters and digits: none of them ends the quotes."""
    return f"'{word}'"


def _all(parts_of_it: Iterable[str]) -> str:
    return f"({' & '.join(parts_of_it)})"


def as_query(text: str) -> ColumnElement[str]:
    """As the database takes it."""
    return cast(literal(text, Text), TSQUERY)


def matches(search: Search) -> ColumnElement[bool]:
    """Whether a call is one whose text is at hand: of ``CallText`` and ``Analysis`` in one row."""
    if not search.terms:
        return false()
    return and_(*(_matches(term, search) for term in search.terms))


def _matches(term: Term, search: Search) -> ColumnElement[bool]:
    said = CallText.words.bool_op("@@")(as_query(query(term, search, names=False)))
    if len(term.words) > 1:
        said = and_(said, func.strpos(CallText.folded, term.phrase) > 0)
    ways = [func.strpos(CallText.named, term.part) > 0, said]
    if agents := search.agents.get(term):
        ways.insert(0, Analysis.agent_id == any_(literal(list(agents), ARRAY(Uuid))))
    return or_(*ways)


def is_found(search: Search) -> ColumnElement[bool]:
    """The same of a call alone: its text is looked up, call by call."""
    text = select(matches(search)).where(CallText.analysis_id == Analysis.id)
    return text.correlate(Analysis).scalar_subquery()
