"""What a provider publishes and answers, read with care: it is another machine's word."""

from dataclasses import dataclass
from typing import Any, Self, cast
from urllib.parse import urlsplit

from calltrace.kit import strict_json
from calltrace.kit.errors import CallTraceError
from calltrace.kit.openid.errors import ProviderAwayError
from calltrace.kit.outbound import OutboundClient
from calltrace.kit.words import Words

SECONDS = 10.0
MOST_BYTES = 256 * 1024
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the provider is reached (OpenID Connect Discovery 1.0, 3; RP-Initiated Logout 1.0, 2.1)."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    basic: bool
    names_itself: bool

    @classmethod
    def of(cls, document: Json, issuer: str) -> Self:
        """From the published document, which must be the issuer's own (section 4.3).

        Raises:
            ProviderAwayError: it is another's, or has no address where one is needed.
        """
        if document.get("issuer") != issuer:
            raise ProviderAwayError("The provider describes itself as another one than OIDC_ISSUER.")
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return cls(
            _address(document, "authorization_endpoint"), _address(document, "token_endpoint"),
            _address(document, "jwks_uri"),
            _address(document, "userinfo_endpoint") if document.get("userinfo_endpoint") else "",
            _address(document, "end_session_endpoint") if document.get("end_session_endpoint") else "",
            basic=isinstance(methods, list) and "client_secret_basic" in methods,
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )  # fmt: skip


def _address(document: Json, name: str) -> str:
    value = document.get(name)
    parts = urlsplit(value) if isinstance(value, str) else None
    if not isinstance(value, str) or not parts or parts.scheme != "https" or not parts.hostname:
        raise ProviderAwayError(Words("The provider publishes no https address as %(name)s.", name=name))
    return value


async def fetch(client: OutboundClient, url: str, token: str = "") -> Json:
    """A JSON object by GET, without redirects; ``token`` is presented if there is one.

    Raises:
        ProviderAwayError: there is none.
    """
    headers = {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = bytearray()
    try:
        async with client.stream_get(url, headers=headers, deadline=SECONDS, max_redirects=0) as answer:
            answer.require_success()
            async for piece in answer.body(MOST_BYTES):
                body += piece
    except CallTraceError as error:
        raise ProviderAwayError(Words("%(why)s.", why=error.detail)) from error
    return read(bytes(body))


def read(body: bytes) -> Json:
    """A body as a JSON object.

    Raises:
        ProviderAwayError: it is none.
    """
    try:
        document: object = strict_json.parse(body)
    except ValueError as error:
        raise ProviderAwayError("The provider answers no JSON.") from error
    if not isinstance(document, dict):
        raise ProviderAwayError("The provider answers no JSON object.")
    return cast("Json", document)
