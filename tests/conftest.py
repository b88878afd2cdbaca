"""Real TLS servers on loopback, for everything that goes out."""

import asyncio
import contextlib
import logging
import ssl
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import structlog
import trustme

from calltrace.kit.outbound import OutboundClient, OutboundPolicy, UnknownHostError
from calltrace.kit.outbound.addresses import IPAddress
from gate import Gate
from s3server import BUCKET, S3Server
from stripe_server import StripeServer
from stripe_server import serving as serving_stripe

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
)
"""As ``kit.logs`` does it: to stderr, and what structlog does unasked takes seconds to draw one traceback."""

Script = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What a server does once it has read a request's head: it gets the head and writes what it likes."""

Serve = Callable[[Script], Awaitable[int]]
Reach = Callable[[Mapping[str, Sequence[str]]], OutboundClient]

LOOPBACK = (ip_network("127.0.0.1/32"),)


LONGEST = (
    "database/api/test_conformance.py", "pure/speech/test_dense_speech.py", "database/web/test_every_page.py",
    "pure/speech/test_engines.py", "database/pipeline/test_redaction.py", "database/backup/test_damage.py",
    "database/db/test_row_level_security.py", "database/backup/test_restore.py",
    "database/cli/test_insights_commands.py", "pure/speech/test_voices.py", "pure/cli/test_redact.py",
    "database/embedded/test_crashing.py", "pure/speech/test_sample_call.py",
    "database/insights/test_rollups.py",
)  # fmt: skip
"""Files that take a minute and more: begun first, so that at the end no process waits for another's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without an order of our own those with the most tests would come first, and the longest last."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Generator[None]:
    """A command that a test runs in this process sets up logging for a terminal: not for the next test."""
    configured, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**configured)
    root.handlers[:] = handlers
    root.setLevel(level)


class NameTable:
    """Name resolution from a table; a value given as several look-ups ("a|b") answers in turn."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self.names = {name: list(answers) for name, answers in names.items()}

    async def resolve(self, host: str) -> Sequence[IPAddress]:
        answers = self.names.get(host)
        if answers is None:
            raise UnknownHostError("The host name does not exist")
        current = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(part) for part in current.split()]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
async def serve(authority: trustme.CA) -> AsyncGenerator[Serve]:
    """Start a TLS server for ``files.test``, ``other.test`` and 127.0.0.1; answers its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert("files.test", "other.test", "127.0.0.1")
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's
    tasks: set[asyncio.Task[None]] = set()
    servers: list[asyncio.Server] = []

    async def start(script: Script) -> int:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await script(await reader.readuntil(b"\r\n\r\n"), writer)
            writer.close()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context))
        return servers[-1].sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="session")
def one_stripe_server(authority: trustme.CA) -> Generator[StripeServer]:
    """A payment service for the whole run, over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's
    with serving_stripe(StripeServer(), context) as server:
        yield server


@pytest.fixture
def stripe_server(one_stripe_server: StripeServer) -> StripeServer:
    """The payment service, as new."""
    return one_stripe_server.reset()


@pytest.fixture
def reach(ca_file: Path) -> Reach:
    """A client that may go to 127.0.0.1 and knows the given names only."""
    policy = OutboundPolicy(allow_cidrs=LOOPBACK, ca_file=ca_file)
    return lambda names: OutboundClient(policy, NameTable(names))


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[S3Server]:
    """One S3 server for the whole run, with one bucket."""
    if sys.platform != "linux":
        pytest.skip("the S3 server of the tests is installed on Linux only")
    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        server.start()
        server.make_bucket(BUCKET)
        yield server
    finally:
        server.stop()


@pytest.fixture
async def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Gate]:
    """The S3 server behind a gate, and the environment that leads there."""
    gate = Gate(s3_server.endpoint)
    await gate.open()
    for name, value in (s3_server.environment | {"AWS_ENDPOINT_URL": gate.endpoint}).items():
        monkeypatch.setenv(name, value)
    yield gate
    await gate.shut()
