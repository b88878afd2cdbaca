"""Signed links: whoever has one may do the one thing that it is for, until it expires."""

import uuid
from dataclasses import dataclass

from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError
from calltrace.kit.signatures import hmac_hex, same
from calltrace.kit.words import Words


class LinkRefusedError(CallTraceError):
    """The link was changed or has expired."""

    code = "link_refused"
    status = 403
    title = "The link is not valid or has expired"


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Signs and checks links of one kind. The first secret signs, all verify.

    Attributes:
        kind: what the links are for; a signature of one kind is worth nothing for another.
        secrets: of the installation.
    """

    kind: str
    secrets: tuple[str, ...]

    def query(self, org_id: uuid.UUID, thing_id: uuid.UUID, expires: int) -> str:
        """The query of a link to one thing of an organisation; ``expires`` is in Unix seconds."""
        signature = self._sign(self.secrets[0], org_id, thing_id, expires)
        return f"org={org_id}&expires={expires}&signature={signature}"

    def verify(self, org_id: uuid.UUID, thing_id: uuid.UUID, expires: int, signature: str) -> None:
        """Let a link pass.

        Raises:
            LinkRefusedError: it was not made by us, was changed, or has expired.
        """
        known = [self._sign(secret, org_id, thing_id, expires) for secret in self.secrets]
        if not any(same(signature, one) for one in known):
            raise LinkRefusedError("The signature of the link does not fit.")
        if expires < clock.now().timestamp():
            raise LinkRefusedError(
                Words("The link has expired; ask for the %(kind)s again to get a new one.", kind=self.kind)
            )

    def _sign(self, secret: str, org_id: uuid.UUID, thing_id: uuid.UUID, expires: int) -> str:
        return hmac_hex(secret, f"{self.kind}.{org_id}.{thing_id}.{expires}".encode())
