"""A call as the judges hear it: its segments in order, with embeddings and dialogue acts per turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from calltrace.evaluation.judges.acts import ActsHead, SideHead, features
from calltrace.evaluation.orders import is_order
from calltrace.evaluation.parts import Parts, parts_of, told
from calltrace.evaluation.sensitive import Finding, findings
from calltrace.evaluation.sensitive_kinds import as_spoken
from calltrace.evaluation.sentences import split_sentences
from calltrace.kit.progress import Progress, silent
from calltrace.meaning.embeddings import DIMENSIONS, Embedder, Matrix
from calltrace.meaning.logistic import Vector
from calltrace.scorecards.acts import Side
from calltrace.speech import metrics
from calltrace.speech.transcript import Mark, Segment, TalkMetrics, Transcript


@dataclass(frozen=True)
class Hearing:
    """One call. ``acts[side][name]`` has a probability per segment, zero on the other side's turns.

    A segment whose speaker is ``unknown`` may be either side's, and is listened to as both.
    ``marks`` are what was heard beside speech; ``None`` where only a transcript is known. ``written``: it is
    a text conversation, whose times say nothing (``evaluation/written.py``). ``orders`` are the segments that
    speak to whoever judges the call: none of the talk, they count for times and sensitive values alone.
    """

    segments: tuple[Segment, ...]
    duration: float
    language: str
    vectors: Matrix
    rows: Matrix
    parts: Parts
    acts: dict[Side, dict[str, Vector]]
    head: ActsHead
    embedder: Embedder
    roles_confidence: float = 1.0
    marks: tuple[Mark, ...] | None = None
    written: bool = False
    orders: frozenset[int] = frozenset()

    @property
    def size(self) -> int:
        """The number of segments."""
        return len(self.segments)

    @property
    def spoken(self) -> bool:
        """Whether anything was said."""
        return any(segment.text.strip() for segment in self.segments)

    def may_be(self, side: Side) -> Vector:
        """1.0 for each segment that ``side`` said, or may have said, to the other."""
        return np.array(
            [
                float(s.speaker in (side, "unknown") and at not in self.orders)
                for at, s in enumerate(self.segments)
            ]
        )

    @cached_property
    def meant(self) -> list[int]:
        """Which segments are said to the other party, and not to whoever judges the call."""
        return [at for at in range(self.size) if at not in self.orders]

    @cached_property
    def gaps(self) -> Vector:
        """Seconds without speech before each segment; the first one's is its start.

        An order breaks no silence: what was quiet before it is quiet before what follows it.
        """
        ends = np.maximum.accumulate([0.0, *(s.end for s in self.segments)])
        quiet = np.array([max(s.start - end, 0.0) for s, end in zip(self.segments, ends[:-1], strict=True)])
        for at in sorted(self.orders - {self.size - 1}):
            quiet[at], quiet[at + 1] = 0.0, quiet[at] + quiet[at + 1]
        return quiet

    @cached_property
    def metrics(self) -> TalkMetrics:
        """Who talked how much, as the call's own metrics say it."""
        return metrics.measure_segments(self.segments, self.duration, self.marks)

    @cached_property
    def unknown_share(self) -> float:
        """The share of segments whose speaker is not known."""
        return sum(s.speaker == "unknown" for s in self.segments) / max(self.size, 1)

    @property
    def nobody_known(self) -> bool:
        """Whether of no segment it is known who said it."""
        return bool(self.segments) and self.unknown_share == 1

    @cached_property
    def sensitive(self) -> list[Finding]:
        """Sensitive values that were spoken, with their places."""
        return findings(self.segments)

    def sentences(self, index: int) -> list[tuple[int, int]]:
        """Where each sentence of a segment's text begins and ends, in characters."""
        return split_sentences(self.segments[index].text)

    def sentence_vectors(self, index: int) -> Matrix:
        """What each sentence of a segment means, ``(sentences, 384)``."""
        return self.parts.vectors[self.parts.of(index)]

    def act_of_sentences(self, index: int, side: Side, names: Sequence[str]) -> Vector:
        """How strongly each sentence of a segment does one of ``names``."""
        part = self.head[side]
        columns = [part.names.index(name) for name in names]
        return part.probabilities(self.parts.rows[self.parts.of(index)])[:, columns].max(axis=1)


@dataclass(frozen=True)
class Embedded:
    """A call before any recogniser heard it: in training many do, and embeddings are the same for all."""

    transcript: Transcript
    duration: float
    segments: tuple[Segment, ...]
    vectors: Matrix
    rows: Matrix
    parts: Parts
    embedder: Embedder
    marks: tuple[Mark, ...] | None = None
    orders: frozenset[int] = frozenset()

    def heard(self, head: ActsHead) -> Hearing:
        """The call with its acts."""
        acts: dict[Side, dict[str, Vector]] = {
            side: self._acts(head[side], side) for side in ("agent", "customer")
        }
        return Hearing(
            self.segments, self.duration, self.transcript.language, self.vectors, self.rows, self.parts,
            acts, head, self.embedder, self.transcript.attribution.confidence, self.marks, orders=self.orders,
        )  # fmt: skip

    def _acts(self, head: SideHead, side: Side) -> dict[str, Vector]:
        found = _acts(self.segments, self.rows, self.parts, head, side)
        for strength in found.values():
            strength[list(self.orders)] = 0.0
        return found


def hear(
    transcript: Transcript,
    duration: float,
    embedder: Embedder,
    head: ActsHead,
    progress: Progress = silent,
    marks: Sequence[Mark] | None = None,
) -> Hearing:
    """Embed every segment and recognise its acts. Hours of talk take a minute, so progress is told."""
    return embedded(transcript, duration, embedder, progress, marks).heard(head)


def embedded(
    transcript: Transcript,
    duration: float,
    embedder: Embedder,
    progress: Progress = silent,
    marks: Sequence[Mark] | None = None,
) -> Embedded:
    """Embed every sentence.

    What is said to whoever judges the call is no turn of it: its neighbours stand beside each other.
    """
    segments = tuple(sorted(transcript.segments, key=lambda s: (s.start, s.end)))
    texts = [as_spoken(segment.text) for segment in segments]
    heard = told(segments, embedder, progress)
    vectors = np.array([one.whole for one in heard], np.float32).reshape(-1, DIMENSIONS)
    spoken = [one.model_copy(update={"text": text}) for one, text in zip(segments, texts, strict=True)]
    orders = frozenset(at for at, segment in enumerate(segments) if is_order(segment.text))
    meant = [at for at in range(len(segments)) if at not in orders]
    rows = features([spoken[at] for at in meant], vectors[meant], duration)
    if orders:
        rows = _spread(rows, meant, len(segments))
    parts = parts_of(heard, rows)
    return Embedded(
        transcript, duration, segments, vectors, rows, parts, embedder,
        None if marks is None else tuple(marks), orders,
    )  # fmt: skip


def _spread(rows: Matrix, places: Sequence[int], size: int) -> Matrix:
    """(size, features): ``rows`` at their places, zeros elsewhere."""
    found = np.zeros((size, rows.shape[1]), rows.dtype)
    found[places] = rows
    return found


def _acts(
    segments: Sequence[Segment], rows: Matrix, parts: Parts, head: SideHead, side: Side
) -> dict[str, Vector]:
    """Each act by the whole turn or its surest sentence."""
    heard = np.array([s.speaker in (side, "unknown") and bool(s.text.strip()) for s in segments], float)
    table = head.probabilities(rows)
    if len(parts.owners):
        np.maximum.at(table, parts.owners, head.probabilities(parts.rows))
    return {name: table[:, column] * heard for column, name in enumerate(head.names)}
