"""Signed links to recordings: whoever has one may listen for 24 hours (decision CTX-6)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from calltrace.kit import clock
from calltrace.kit.links import LinkSigner

LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RecordingLinks:
    """Makes and checks links under ``PUBLIC_URL``. The first secret signs, all verify."""

    public_url: str
    secrets: tuple[str, ...]

    def url(
        self,
        org_id: uuid.UUID,
        analysis_id: uuid.UUID,
        now: datetime | None = None,
        *,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """A link to the recording of one analysis, good for a while."""
        return self._signed(org_id, analysis_id, "", (now or clock.now()) + lifetime)

    def playback_url(self, org_id: uuid.UUID, analysis_id: uuid.UUID, now: datetime | None = None) -> str:
        """A link to what browsers play of it. Whoever may hear the one may hear the other: one signature."""
        return self._signed(org_id, analysis_id, "/playback", (now or clock.now()) + LIFETIME)

    def _signed(self, org_id: uuid.UUID, analysis_id: uuid.UUID, what: str, until: datetime) -> str:
        query = self._signer.query(org_id, analysis_id, int(until.timestamp()))
        return f"{self.public_url}/api/v1/recordings/{analysis_id}{what}?{query}"

    def verify(self, org_id: uuid.UUID, analysis_id: uuid.UUID, expires: int, signature: str) -> None:
        """Let a link pass.

        Raises:
            LinkRefusedError: it was not made by us, was changed, or has expired.
        """
        self._signer.verify(org_id, analysis_id, expires, signature)

    @property
    def _signer(self) -> LinkSigner:
        return LinkSigner("recording", self.secrets)
