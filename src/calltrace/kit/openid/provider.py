"""One OpenID provider: where browsers are sent, and who came back from there.

Authorization code flow with PKCE, ``state`` and ``nonce`` (OpenID Connect Core 1.0, section 3.1; RFC 9700).
All requests go through the guarded outbound client: https, allowed addresses, limits of time and size.
"""

import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote_plus, urlencode

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from calltrace.kit.errors import CallTraceError
from calltrace.kit.openid.begun import Begun
from calltrace.kit.openid.documents import MOST_BYTES, SECONDS, Json, Metadata, fetch, read
from calltrace.kit.openid.errors import ProviderAwayError, SignOnRefusedError, SignOnTokenError
from calltrace.kit.openid.id_token import UnknownKeyError, claims_of
from calltrace.kit.outbound import OutboundClient
from calltrace.kit.words import Words

REMEMBERED_SECONDS = 600.0
"""How long what the provider publishes is believed; a key that is not known is looked for at once."""
_SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class Registered:
    """As what we are registered with the provider; a public client has no secret."""

    issuer: str
    client_id: str
    client_secret: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who came, as the provider says."""

    subject: str
    email: str
    email_verified: bool
    name: str | None


class Provider:
    """Remembers what the provider publishes for a while; one per process.

    Args:
        registered: which provider, and as what.
        client: for everything that goes out.
    """

    def __init__(self, registered: Registered, client: OutboundClient) -> None:
        self.registered = registered
        self._client = client
        self._known: tuple[float, Metadata, KeySet] | None = None

    async def way_there(self, begun: Begun, redirect_uri: str) -> str:
        """The address that the browser is sent to.

        Raises:
            ProviderAwayError: the provider does not say where that is.
        """
        metadata, _keys = await self._published()
        fields = {
            "response_type": "code", "client_id": self.registered.client_id, "redirect_uri": redirect_uri,
            "scope": _SCOPE, "state": begun.state, "nonce": begun.nonce,
            "code_challenge": begun.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        joint = "&" if "?" in metadata.authorization else "?"
        return f"{metadata.authorization}{joint}{urlencode(fields)}"

    async def way_out(self, back: str) -> str:
        """Where the browser signs out at the provider, which sends it ``back``; empty if there is none.

        OpenID Connect RP-Initiated Logout 1.0, section 2. We keep no ID token, so it goes without that hint:
        the provider asks the person.

        Raises:
            ProviderAwayError: the provider does not say where that is.
        """
        metadata, _keys = await self._published()
        if not metadata.end_session:
            return ""
        fields = {"client_id": self.registered.client_id, "post_logout_redirect_uri": back}
        joint = "&" if "?" in metadata.end_session else "?"
        return f"{metadata.end_session}{joint}{urlencode(fields)}"

    async def came_back(self, begun: Begun, code: str, issuer: str | None, redirect_uri: str) -> Identity:
        """Who the code stands for.

        Args:
            begun: the sign-in that it answers.
            code: from the provider, good once.
            issuer: who says to have answered (RFC 9207), if anybody does.
            redirect_uri: the same as on the way there.

        Raises:
            ProviderAwayError, SignOnRefusedError, SignOnTokenError.
        """
        metadata, keys = await self._published()
        if (issuer is not None or metadata.names_itself) and issuer != self.registered.issuer:
            raise SignOnTokenError("Another provider answered than the one that was asked.")
        tokens = await self._exchanged(metadata, begun, code, redirect_uri)
        claims = await self._claims(str(tokens.get("id_token", "")), keys, begun)
        if "email" not in claims and metadata.userinfo:
            claims |= await self._told(metadata, str(tokens.get("access_token", "")), claims["sub"])
        return _identity(claims)

    async def _exchanged(self, metadata: Metadata, begun: Begun, code: str, redirect_uri: str) -> Json:
        """The tokens for a code (RFC 6749, 4.1.3)."""
        ours = self.registered
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
            "client_id": ours.client_id, "code_verifier": begun.verifier,
        }  # fmt: skip
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if ours.client_secret and metadata.basic:
            pair = f"{quote_plus(ours.client_id)}:{quote_plus(ours.client_secret)}"  # RFC 6749, 2.3.1
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        elif ours.client_secret:
            fields["client_secret"] = ours.client_secret
        try:
            answer = await self._client.post(
                metadata.token, content=urlencode(fields).encode(), headers=headers, timeout=SECONDS,
                answer_limit=MOST_BYTES,
            )  # fmt: skip
        except CallTraceError as error:
            raise ProviderAwayError(Words("%(why)s.", why=error.detail)) from error
        return _tokens(answer.status, answer.body)

    async def _claims(self, token: str, keys: KeySet, begun: Begun) -> dict[str, Any]:
        expected = {
            "issuer": self.registered.issuer, "client_id": self.registered.client_id, "nonce": begun.nonce,
        }  # fmt: skip
        try:
            return claims_of(token, keys, **expected)
        except UnknownKeyError:
            _metadata, keys = await self._published(anew=True)
            return claims_of(token, keys, **expected)

    async def _told(self, metadata: Metadata, access_token: str, subject: str) -> Json:
        """What the provider says beside the token, if it is of the same person (section 5.3.4)."""
        told = await fetch(self._client, metadata.userinfo, access_token)
        if told.get("sub") != subject:
            raise SignOnTokenError("The provider speaks of two people.")
        return {name: told[name] for name in ("email", "email_verified", "name") if name in told}

    async def _published(self, *, anew: bool = False) -> tuple[Metadata, KeySet]:
        now = time.monotonic()
        if self._known and not anew and now < self._known[0] + REMEMBERED_SECONDS:
            return self._known[1:]
        issuer = self.registered.issuer
        document = await fetch(self._client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        metadata = Metadata.of(document, issuer)
        keys = _keys(await fetch(self._client, metadata.keys))
        self._known = (now, metadata, keys)
        return metadata, keys


def _keys(document: Json) -> KeySet:
    try:
        return KeySet.import_key_set(cast("Any", document))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderAwayError("The provider publishes no keys that can be read.") from error


def _tokens(status: int, body: bytes) -> Json:
    """The provider's answer to a code; it says why not as RFC 6749, 5.2, has it."""
    if status >= 500:  # noqa: PLR2004 - the class of faults, as every HTTP text writes it
        raise ProviderAwayError(Words("The provider answered %(status)s.", status=status))
    document = read(body)
    if status != 200:  # noqa: PLR2004 - RFC 6749, 5.1
        if document.get("error") == "invalid_grant":
            raise SignOnRefusedError("It did not take its own code: the code was used before, or is over.")
        raise SignOnRefusedError("It did not take its own code.")
    return document


def _identity(claims: dict[str, Any]) -> Identity:
    """Some providers write the verification as a text."""
    email, name = claims.get("email"), claims.get("name")
    return Identity(
        str(claims["sub"]), email if isinstance(email, str) else "",
        claims.get("email_verified") is True or claims.get("email_verified") == "true",
        name if isinstance(name, str) else None,
    )  # fmt: skip
