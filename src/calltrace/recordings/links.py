"""Signed links to uploads: whoever has one may send the file, until it expires."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from calltrace.kit.links import LinkSigner


@dataclass(frozen=True, slots=True)
class UploadLinks:
    """Makes and checks links under ``PUBLIC_URL``. The first secret signs, all verify."""

    public_url: str
    secrets: tuple[str, ...]

    def url(self, org_id: uuid.UUID, upload_id: uuid.UUID, expires_at: datetime) -> str:
        """Where one upload takes its file."""
        query = self._signer.query(org_id, upload_id, int(expires_at.timestamp()))
        return f"{self.public_url}/api/v1/uploads/{upload_id}?{query}"

    def verify(self, org_id: uuid.UUID, upload_id: uuid.UUID, expires: int, signature: str) -> None:
        """Let a link pass.

        Raises:
            LinkRefusedError: it was not made by us, was changed, or has expired.
        """
        self._signer.verify(org_id, upload_id, expires, signature)

    @property
    def _signer(self) -> LinkSigner:
        return LinkSigner("upload", self.secrets)
