"""What can be wrong with a scorecard."""

from calltrace.kit.errors import CallTraceError


class ScorecardError(CallTraceError):
    """A scorecard that cannot be used: ``detail`` names the line and the field where it is known."""

    code = "invalid_scorecard"
    status = 422
    title = "The scorecard is not valid"


class MisplacedError(ValueError):
    """A rule of the whole document that is broken at one place in it, which ``at`` (a JSON pointer) names."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(message)
        self.at = at


class ScorecardArchivedError(CallTraceError):
    """It is archived: kept for what was judged by it, and not changed."""

    code = "scorecard_archived"
    status = 409
    title = "The scorecard is archived"


class DraftOutdatedError(CallTraceError):
    """Another version was published since the draft was begun."""

    code = "draft_outdated"
    status = 409
    title = "Another version was published meanwhile"


class DraftChangedError(CallTraceError):
    """Somebody else saved the draft since it was read."""

    code = "draft_changed"
    status = 409
    title = "Somebody else saved meanwhile"


class VersionPublishedError(CallTraceError):
    """A published version stays as it is."""

    code = "version_published"
    status = 409
    title = "The version is published"


class OnlyVersionError(CallTraceError):
    """A scorecard without any version would say nothing."""

    code = "only_version"
    status = 409
    title = "It is the only version of the scorecard"
