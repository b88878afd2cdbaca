"""Signed links to recordings: whoever has one may listen for 24 hours (decision CTX-6)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError
from calltrace.kit.signatures import hmac_hex, same

LIFETIME = timedelta(hours=24)


class LinkRefusedError(CallTraceError):
    """The link was changed or has expired."""

    code = "link_refused"
    status = 403
    title = "The link is not valid or has expired"


@dataclass(frozen=True, slots=True)
class RecordingLinks:
    """Makes and checks links under ``PUBLIC_URL``. The first secret signs, all verify."""

    public_url: str
    secrets: tuple[str, ...]

    def url(self, org_id: uuid.UUID, analysis_id: uuid.UUID, now: datetime | None = None) -> str:
        """A link to the recording of one analysis, good for LIFETIME."""
        expires = int(((now or clock.now()) + LIFETIME).timestamp())
        signature = self._sign(self.secrets[0], org_id, analysis_id, expires)
        query = f"org={org_id}&expires={expires}&signature={signature}"
        return f"{self.public_url}/api/v1/recordings/{analysis_id}?{query}"

    def verify(self, org_id: uuid.UUID, analysis_id: uuid.UUID, expires: int, signature: str) -> None:
        """Let a link pass.

        Raises:
            LinkRefusedError: it was not made by us, was changed, or has expired.
        """
        known = [self._sign(secret, org_id, analysis_id, expires) for secret in self.secrets]
        if not any(same(signature, one) for one in known):
            raise LinkRefusedError("The signature of the link does not fit.")
        if expires < clock.now().timestamp():
            raise LinkRefusedError("The link has expired; read the analysis again for a new one.")

    @staticmethod
    def _sign(secret: str, org_id: uuid.UUID, analysis_id: uuid.UUID, expires: int) -> str:
        return hmac_hex(secret, f"recording.{org_id}.{analysis_id}.{expires}".encode())
