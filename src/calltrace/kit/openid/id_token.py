"""Reading an ID token: signed by the provider, for us, for this sign-in, and not over."""

from collections.abc import Sequence
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from calltrace.kit import clock
from calltrace.kit.openid.errors import SignOnTokenError
from calltrace.kit.words import Words

ALGORITHMS: Sequence[str] = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA",
)  # fmt: skip
"""Signatures with a key pair. ``none`` is no signature, and HMAC's key would be the client secret."""
LEEWAY_SECONDS = 60
_LONGEST = 64 * 1024


class UnknownKeyError(SignOnTokenError):
    """The key that signed is not among those that we know: the provider may have changed them."""


def claims_of(token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """What a token says (OpenID Connect Core, 3.1.3.7).

    Raises:
        UnknownKeyError: fetch the keys anew and try again.
        SignOnTokenError: it is not good.
    """
    if len(token) > _LONGEST:
        raise SignOnTokenError("The ID token is too long.")
    rules = jwt.JWTClaimsRegistry(
        now=lambda: int(clock.now().timestamp()), leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": client_id},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )  # fmt: skip
    try:
        claims = dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
        rules.validate(claims)
    except InvalidKeyIdError as error:
        raise UnknownKeyError("The ID token is signed with a key that the provider does not list.") from error
    except (JoseError, ValueError) as error:
        raise SignOnTokenError(Words("The ID token is not good: %(why)s.", why=_said(error))) from error
    if claims.get("azp", client_id) != client_id or (_several(claims) and "azp" not in claims):
        raise SignOnTokenError("The ID token is for somebody else.")
    return claims


def _several(claims: dict[str, Any]) -> bool:
    audience: object = claims["aud"]
    return isinstance(audience, list) and len(cast("list[object]", audience)) > 1


def _said(error: Exception) -> str:
    """The library's word for it: a name, and nothing that the token holds."""
    claim = getattr(error, "claim", "")
    return f"{getattr(error, 'error', 'malformed')}{f' ({claim})' if claim else ''}"
