"""Other roles for the speakers of a transcript: what a person knows better than the platform."""

from collections.abc import Mapping, Sequence

from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript

_SWAPPED: Mapping[Role, Role] = {"agent": "customer", "customer": "agent", "unknown": "unknown"}
_SURE = 1.0


class RolesUnknownError(CallTraceError):
    """Nobody has a role, so there is nothing to swap."""

    code = "roles_unknown"
    status = 409
    title = "The roles of the speakers are not known"


def swapped(transcript: Transcript) -> Transcript:
    """The same transcript with agent and customer changed places; who is unknown stays so.

    Raises:
        RolesUnknownError: nobody is either.
    """
    roles: dict[str, Role] = {
        segment.speaker_id: _SWAPPED[segment.speaker] for segment in transcript.segments
    }
    if not {"agent", "customer"} & set(roles.values()):
        raise RolesUnknownError("Say who is who with speakers; there is nothing to swap.")
    return _with(transcript, roles, "Somebody said that the roles were the other way round.")


def assigned(transcript: Transcript, roles: Mapping[str, Role]) -> Transcript:
    """The same transcript with the given roles; speakers that are not named keep theirs.

    Raises:
        InvalidRequestError: a speaker that the transcript does not have.
    """
    present = {segment.speaker_id for segment in transcript.segments}
    if unknown := sorted(set(roles) - present):
        known = ", ".join(sorted(present)) or "none"
        raise InvalidRequestError(
            Words(
                "The transcript has no speaker %(unknown)s; it has: %(known)s.",
                unknown=f"{unknown[0]!r}",
                known=known,
            ),
            errors=[FieldError(f"/speakers/{name}", "No such speaker.") for name in unknown],
        )
    return _with(transcript, roles, "Somebody said who is who.")


def _with(transcript: Transcript, roles: Mapping[str, Role], reason: str) -> Transcript:
    attribution = Attribution(method=transcript.attribution.method, confidence=_SURE, reason=reason)
    return transcript.model_copy(
        update={"attribution": attribution, "segments": _segments(transcript.segments, roles)}
    )


def _segments(segments: Sequence[Segment], roles: Mapping[str, Role]) -> list[Segment]:
    return [
        segment.model_copy(update={"speaker": roles.get(segment.speaker_id, segment.speaker)})
        for segment in segments
    ]
