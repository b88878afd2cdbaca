"""The page of the contract as a new user follows it: its recipes, its document, HTTPS."""

import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from calltrace.cli.serve import tls_of
from calltrace.kit.errors import ConfigurationError
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from calltrace.settings import load_settings
from database.dialects.auralytik.conftest import Client, app_lifespan

PAGE = Path(__file__).parents[4] / "docs" / "contracts" / "auralytik.md"
SEED = """
GET /evaluations, GET /evaluations/{id}, GET /evaluations/{id}/transcript, GET /evaluations/{id}/results,
GET /audio-files, GET /audio-files/{id}, GET /audio-files/{id}/download-url, GET /audio-files/{id}/transcript,
POST /audio-files/upload-url, POST /audio-files/{id}/process, GET /audio-files/{id}/processing-status,
GET /analytics/summary, GET /analytics/campaigns, GET /analytics/call-centers, GET /analytics/executives,
GET /analytics/trends, POST /analytics/export, GET /analytics/export/{jobId},
GET /engagements, GET /engagements/{id}, POST /engagements, PATCH /engagements/{id},
GET /conversations, GET /conversations/{id}, GET /conversations/{id}/messages,
GET /voice-calls, GET /voice-calls/{id}, GET /voice-calls/{id}/recording-url,
GET /voice-calls/{id}/epa-results,
GET /campaigns, GET /campaigns/{id},
GET /webhooks, POST /webhooks, PATCH /webhooks/{id}, DELETE /webhooks/{id}, POST /webhooks/{id}/test,
GET /webhooks/{id}/deliveries,
GET /api-keys, POST /api-keys, PATCH /api-keys/{id}, DELETE /api-keys/{id}, POST /api-keys/{id}/rotate,
GET /usage/summary, GET /usage/details, GET /usage/by-key
"""


def recipe(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
async def address(platform: Platform, authority: Any) -> AsyncGenerator[tuple[str, ssl.SSLContext]]:
    """The whole server over TLS on loopback."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    app: Any = create_server(lambda: platform)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, proxy_headers=False,
            ssl_context_factory=lambda _config, _usual: tls,
        )  # fmt: skip
        server = uvicorn.Server(config)
        async with app_lifespan(app):
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started:  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.01)
            yield f"https://127.0.0.1:{listening.getsockname()[1]}", tls
            server.should_exit = True
            await serving


@pytest.mark.accepts("AU-006", "AU-002")
async def test_the_recipe_for_a_shell(client: Client, address: Any, ca_file: Path) -> None:
    assert shutil.which("curl")
    assert shutil.which("openssl")
    environment = {
        "PATH": os.environ["PATH"], "BASE": address[0], "KEY": client.token, "SECRET": client.secret,
        "CURL_CA_BUNDLE": str(ca_file),
    }  # fmt: skip
    run = ["sh", "-c", recipe("sh")]
    made = await asyncio.to_thread(
        subprocess.run, run, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert '"data":[]' in made.stdout, made.stderr
    assert '"name":"Acme"' in made.stdout


@pytest.mark.accepts("AU-006")
async def test_the_recipe_for_python(client: Client, address: Any, ca_file: Path) -> None:
    code = recipe("python") + (
        f"\nargs = ({address[0]!r}, {client.token!r}, {client.secret!r})\n"
        "print(call(*args, 'GET', '/auralytik/api/v1/evaluations?page=1')['data'])\n"
        "body = {'name': 'Größer', 'type': 'x'}\n"
        "print(call(*args, 'POST', '/auralytik/api/v1/engagements', body)['data']['name'])\n"
    )
    run = [shutil.which("python3") or "python3", "-c", code]
    environment = {"SSL_CERT_FILE": str(ca_file), "PYTHONIOENCODING": "utf-8"}
    made = await asyncio.to_thread(
        subprocess.run, run, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert made.stdout.splitlines() == ["[]", "Größer"], made.stderr


@pytest.mark.accepts("AU-133")
async def test_the_document_has_what_the_contract_has(client: Client) -> None:
    document = (await client.http.get("/auralytik/swagger/v1/swagger.json")).json()
    paths = document["paths"]
    there = {f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs}
    wanted = {one.strip().replace(" /", " /api/v1/", 1) for one in SEED.replace("\n", " ").split(",")}
    assert len(wanted) == 45
    assert there == wanted | {"GET /health"}
    assert all("422" not in verb["responses"] for verbs in paths.values() for verb in verbs.values())


@pytest.mark.accepts("AU-004")
async def test_swagger_ui_needs_no_other_host(client: Client) -> None:
    page = await client.http.get("/auralytik/swagger")
    assert page.status_code == 200
    used = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(used) == 3
    for path in used:
        answer = await client.http.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) > 50
    assert "http://" not in page.text + page.headers["content-security-policy"]
    assert "https://" not in page.text + page.headers["content-security-policy"]


@pytest.mark.accepts("AU-002")
async def test_tls_1_2_and_newer(tmp_path: Path, authority: Any) -> None:
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.private_key_pem.write_to_path(key)
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    settings = load_settings(tls_cert_file=certificate, tls_key_file=key)

    async def app(*_: object) -> None:
        return

    config = uvicorn.Config(app, log_config=None, **tls_of(settings))
    config.load()
    assert config.ssl is not None
    assert config.ssl.minimum_version == ssl.TLSVersion.TLSv1_2
    key.write_text("no key")
    with pytest.raises(ConfigurationError, match="TLS_CERT_FILE"):
        uvicorn.Config(app, log_config=None, **tls_of(settings)).load()
    with pytest.raises(ConfigurationError, match="belong together"):
        load_settings(tls_cert_file=certificate)
