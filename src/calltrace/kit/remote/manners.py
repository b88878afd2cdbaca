"""How to treat one server, and what to call it."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Manners:
    """Where one kind of call goes, how patient to be, and the words for errors.

    Attributes:
        endpoint: where calls are sent.
        noun: such as ``transcription server``.
        setting: prefix of its settings, such as ``ASR``; in lower case the prefix of what is logged.
        result: what its answers hold, such as ``a transcription``.
        api_key: sent as a bearer token; empty for none.
        ca_file: certificates to trust besides the system's.
        concurrency: calls at once.
        timeout_seconds: for one call, from connecting to the last byte.
        waits: seconds before each further try of a call.
    """

    endpoint: str
    noun: str
    setting: str
    result: str
    api_key: str = field(default="", repr=False)
    ca_file: Path | None = None
    concurrency: int = 4
    timeout_seconds: float = 120.0
    waits: tuple[float, ...] = (1.0, 4.0)

    def event(self, name: str) -> str:
        """The name of a log entry."""
        return f"{self.setting.lower()}_{name}"
