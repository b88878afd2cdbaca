"""A small OpenID provider on loopback TLS, for tests: everybody who comes is let in, as the test says.

It keeps the rules of OAuth that protect a client (a code is good once, for one client, one address and one
PKCE verifier), and breaks those of OpenID where a test tells it to.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import trustme
from joserfc import jwt
from joserfc.jwk import RSAKey

Json = dict[str, Any]
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
CLIENT, CLIENT_SECRET = "calls", "a secret of the client/+"


@dataclass
class OpenIdProvider:
    """What it says of the person, and how it misbehaves.

    Attributes:
        person: claims about whoever comes.
        claims: what the ID token says otherwise than it should; ``None`` leaves a claim out.
        metadata: the same for the published document.
        algorithm: that signs the ID token; ``none`` signs nothing.
        beside: whether the person is told by the userinfo endpoint alone.
        key: that signs; ``published`` is what the world may know.
        refuses: an error in place of a code.
    """

    port: int = 0
    person: Json = field(default_factory=dict[str, Any])
    claims: Json = field(default_factory=dict[str, Any])
    metadata: Json = field(default_factory=dict[str, Any])
    algorithm: str = "RS256"
    beside: bool = False
    refuses: str = ""
    key: Any = field(default_factory=lambda: KEY)
    published: list[Any] = field(default_factory=list[Any])
    codes: dict[str, Json] = field(default_factory=dict[str, Json])
    asked: list[str] = field(default_factory=list[str])

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.port}/tenant"

    def consent(self, address: str) -> dict[str, str]:
        """What the browser that is sent to ``address`` brings back: the provider's word, as a query."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        if self.refuses:
            return {"error": self.refuses, "state": asked["state"], "iss": self.issuer}
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def _document(self) -> Json:
        base = self.issuer
        return {
            "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys", "userinfo_endpoint": f"{base}/userinfo",
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata  # fmt: skip

    def answer(self, method: str, path: str, headers: Json, body: bytes) -> tuple[int, Json]:
        self.asked.append(f"{method} {path}")
        match path.removeprefix("/tenant"):
            case "/.well-known/openid-configuration":
                return 200, self._document()
            case "/keys":
                return 200, {"keys": [one.as_dict(private=False) for one in self.published or [self.key]]}
            case "/token":
                return self._token(
                    headers, {name: values[0] for name, values in parse_qs(body.decode()).items()}
                )
            case "/userinfo" if headers.get("authorization") == "Bearer access":
                return 200, {"sub": "7"} | self.person
            case _:
                return 404, {"error": "not_found"}

    def _token(self, headers: Json, form: Json) -> tuple[int, Json]:
        pair = "calls:a+secret+of+the+client%2F%2B"
        if headers.get("authorization") != f"Basic {base64.b64encode(pair.encode()).decode()}":
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)  # good once
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": "access",
            "token_type": "Bearer",
            "id_token": self._signed(asked["nonce"]),
        }

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": nonce,
            **({} if self.beside else self.person), **self.claims,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(kept)}."
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, kept, self.key)


def _encoded(document: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


@asynccontextmanager
async def provider_on(authority: trustme.CA) -> AsyncGenerator[OpenIdProvider]:
    """One that runs."""
    provider = OpenIdProvider()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _version = head[0].split(" ")
            headers = {
                line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            status, document = provider.answer(method, path, headers, body)
            content = json.dumps(document).encode()
            fields = f"Content-Type: application/json\r\nContent-Length: {len(content)}"
            writer.write(f"HTTP/1.1 {status} X\r\n{fields}\r\n\r\n".encode() + content)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    provider.port = server.sockets[0].getsockname()[1]
    async with server:
        yield provider


def query(fields: dict[str, str]) -> str:
    """The way back, with what the provider said."""
    return f"/login/sso/callback?{urlencode(fields)}"
