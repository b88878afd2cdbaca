"""Which transcription server, as the settings say."""

from dataclasses import dataclass, field
from pathlib import Path

from calltrace.kit.remote import Manners, endpoint


@dataclass(frozen=True, slots=True)
class Server:
    """Which server, and how patient to be with it.

    Attributes:
        url: ASR_URL: the address of the API (``…/v1``), or of the call itself.
        model: its name there.
        api_key: sent as a bearer token; empty for none.
        ca_file: certificates to trust besides the system's.
        concurrency: calls at once.
        timeout_seconds: for one call, from connecting to the last byte.
        waits: seconds before each further try of a call.
    """

    url: str
    model: str
    api_key: str = field(default="", repr=False)
    ca_file: Path | None = None
    concurrency: int = 4
    timeout_seconds: float = 120.0
    waits: tuple[float, ...] = (1.0, 4.0)

    @property
    def endpoint(self) -> str:
        """Where windows are sent."""
        known = ("/transcriptions", "/inference")  # the second is whisper.cpp's own
        return endpoint(self.url, "/audio/transcriptions", known=known)

    @property
    def manners(self) -> Manners:
        """How it is to be treated."""
        return Manners(
            self.endpoint, "transcription server", "ASR", "a transcription", self.api_key, self.ca_file,
            self.concurrency, self.timeout_seconds, self.waits,
        )  # fmt: skip
