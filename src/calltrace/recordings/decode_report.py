"""What is said about a file that was decoded although something was wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.recordings.audio import SAMPLE_RATE
from calltrace.recordings.decode_track import Track
from calltrace.recordings.remarks import Remark, RemarkCode

_TOLERANCE_SECONDS = 1.0
_TOLERANCE_SHARE = 0.02
_UNEVEN_SHARE = 0.1


@dataclass(slots=True)
class Findings:
    """What the decoder met beside sound.

    Attributes:
        headerless: as what a file without a header was read.
        parts: files that were put one behind another.
        claimed: seconds by the headers, ``None`` where one does not know.
        breaks_off: the error with which the file ended.
        lacks_its_end: the mark that ends such a file is missing.
        left_out: audio streams that were not decoded.
    """

    headerless: str | None = None
    parts: int = 1
    claimed: float | None = None
    breaks_off: str | None = None
    lacks_its_end: bool = False
    left_out: int = 0


def remarks(found: Findings, tracks: Sequence[Track]) -> list[Remark]:
    """All of them, in a fixed order; ``tracks`` are those that were kept."""
    said = [
        _headerless(found),
        _length(found, tracks),
        _joined(found),
        _damaged(tracks),
        _gaps(tracks),
        _changes(tracks),
        _uneven(tracks),
        _left_out(found),
    ]
    return [one for one in said if one]


def _remark(code: RemarkCode, message: str) -> Remark:
    return Remark(code=code, message=message)


def _headerless(found: Findings) -> Remark | None:
    if not found.headerless:
        return None
    return _remark("headerless", f"The file has no header; what came with it says {found.headerless}.")


def _length(found: Findings, tracks: Sequence[Track]) -> Remark | None:
    seconds = max(track.frames for track in tracks) / SAMPLE_RATE
    claimed = seconds if found.claimed is None else found.claimed
    said = f"its header promises {claimed:.1f} seconds, {seconds:.1f} could be decoded"
    tolerance = max(_TOLERANCE_SECONDS, _TOLERANCE_SHARE * claimed)
    if claimed > seconds + tolerance:
        return _remark("cut_short", f"The file is cut short or its header is wrong: {said}.")
    if found.breaks_off:
        return _remark("cut_short", f"The file breaks off: {found.breaks_off}.")
    if any(track.ends_badly for track in tracks):
        return _remark("cut_short", "The file is cut short: it ends in the middle of a packet.")
    if found.lacks_its_end:
        return _remark("cut_short", "The file is cut short: the mark at its end is missing.")
    if claimed < seconds - tolerance:
        return _remark("header_wrong", f"The file's header is wrong: {said}.")
    return None


def _joined(found: Findings) -> Remark | None:
    if found.parts == 1:
        return None
    return _remark("joined", f"{found.parts} recordings are joined in this file; all of them were decoded.")


def _damaged(tracks: Sequence[Track]) -> Remark | None:
    packets = sum(track.packets for track in tracks)
    bad = sum(track.bad - track.ends_badly for track in tracks)
    return _remark("damaged", f"{bad} of {packets} packets are damaged and were left out.") if bad else None


def _gaps(tracks: Sequence[Track]) -> Remark | None:
    silent = max(track.silent for track in tracks) / SAMPLE_RATE
    said = f"The file has gaps: {silent:.1f} seconds were filled with silence."
    return _remark("gaps_filled", said) if silent else None


def _changes(tracks: Sequence[Track]) -> Remark | None:
    if not any(track.changes for track in tracks):
        return None
    return _remark("format_changed", "The audio format changes in the middle of the file.")


def _uneven(tracks: Sequence[Track]) -> Remark | None:
    lengths = sorted(track.frames for track in tracks)
    if lengths[0] >= lengths[-1] * (1 - _UNEVEN_SHARE):
        return None
    said = f"The tracks last {lengths[0] / SAMPLE_RATE:.1f} to {lengths[-1] / SAMPLE_RATE:.1f} seconds"
    return _remark("tracks_uneven", f"{said}; the shorter ones were filled with silence.")


def _left_out(found: Findings) -> Remark | None:
    if not found.left_out:
        return None
    return _remark("tracks_left_out", f"Audio tracks that were left out: {found.left_out}.")
