"""What somebody searches for: each word, and each phrase in quotes, must be found."""

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Self

from calltrace.kit.folding import words

MOST_TERMS = 12
LONGEST = 255
"""Characters of what is searched for."""
SHORTEST_PART = 3
"""Characters that a beginning of a word, or a part of a name, must have: shorter ones are everywhere."""
_QUOTES = '"\u201c\u201d\u201e\u00ab\u00bb'
_TERM = re.compile(rf"[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]?|([^\s{_QUOTES}]+)")


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words that stand side by side; the last one may go on, unless it is ``quoted`` or too short."""

    words: tuple[str, ...]
    quoted: bool

    @property
    def whole(self) -> bool:
        """Whether the last word ends where it ends here."""
        return self.quoted or len(self.words[-1]) < SHORTEST_PART

    @property
    def phrase(self) -> str:
        """As it stands in a folded text."""
        return f" {' '.join(self.words)}{' ' if self.whole else ''}"

    @property
    def part(self) -> str:
        """As it stands in a name: anywhere in it, if it is long enough to tell something."""
        bare = " ".join(self.words)
        tells = any(len(one) >= SHORTEST_PART for one in self.words)
        return bare if tells and not self.quoted else f" {bare} "


@dataclass(frozen=True, slots=True)
class Search:
    """All terms must be found. Without one, because there was no letter or digit, nothing is.

    Attributes:
        terms: each once.
        org_id: whose calls are searched; known once it is ``search.meant``.
        agents: of whose names a term is a part: their calls are found by it.
    """

    terms: tuple[Term, ...]
    org_id: uuid.UUID | None = None
    agents: Mapping[Term, Collection[uuid.UUID]] = field(default_factory=dict[Term, Collection[uuid.UUID]])

    @classmethod
    def of(cls, text: str) -> Self | None:
        """What a text asks for; ``None`` when nothing was typed."""
        if not text.strip():
            return None
        found = dict.fromkeys(
            term for quoted, bare in _TERM.findall(text[:LONGEST]) if (term := _term(quoted, bare))
        )
        return cls(tuple(found)[:MOST_TERMS])


def _term(quoted: str, bare: str) -> Term | None:
    said = tuple(words(quoted or bare))
    return Term(said, bool(quoted)) if said else None
