"""A sign-in that was begun: what the browser carries, sealed, until it comes back from the provider."""

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox, SecretUnreadableError
from calltrace.kit.openid.errors import SignOnNotBegunError
from calltrace.kit.signatures import same

GOOD_FOR = timedelta(minutes=10)
_KIND = "single sign-on"
_BYTES = 32
_NOT_BEGUN = "It took more than ten minutes, or was begun in another browser. Sign in once more."


@dataclass(frozen=True, slots=True)
class Begun:
    """One sign-in.

    Attributes:
        state: ties the answer to the browser (RFC 6749, 10.12).
        nonce: ties the ID token to this sign-in (OpenID Connect Core, 3.1.2.1).
        verifier: ties the code to us (PKCE, RFC 7636).
        wanted: the page of ours to go on to.
        until: when it is too late, as a Unix time.
    """

    state: str
    nonce: str
    verifier: str
    wanted: str
    until: int

    @property
    def challenge(self) -> str:
        """The verifier's SHA-256, as the provider is told it (RFC 7636, 4.2, method S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def ends(self) -> datetime:
        """The moment of ``until``."""
        return datetime.fromtimestamp(self.until, UTC)

    def sealed(self, box: SecretBox) -> str:
        """What the browser carries."""
        return box.seal(json.dumps({"kind": _KIND, **asdict(self)}))


def begin(wanted: str) -> Begun:
    """A new one, with numbers that nobody guesses."""
    until = int((clock.now() + GOOD_FOR).timestamp())
    state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
    return Begun(state, nonce, verifier, wanted, until)


def carried(box: SecretBox, sealed: str, state: str) -> Begun:
    """What the browser brought back.

    Raises:
        SignOnNotBegunError: nothing, nothing of ours, for another ``state``, or too late.
    """
    try:
        fields = json.loads(box.open(sealed))
        if fields.pop("kind") != _KIND:
            raise SignOnNotBegunError(_NOT_BEGUN)
        begun = Begun(**fields)
    except (SecretUnreadableError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SignOnNotBegunError(_NOT_BEGUN) from error
    if not same(state, begun.state) or begun.until <= clock.now().timestamp():
        raise SignOnNotBegunError(_NOT_BEGUN)
    return begun
