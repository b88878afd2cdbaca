"""Finding a Chromium: the one that is named, else the packed one, else one on the PATH."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

PACKED = Path(__file__).parents[3] / ".cache" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # our own pages only; containers and root have no sandbox to offer
    "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip


@dataclass(frozen=True)
class Chromium:
    """A browser's program and what it needs around it."""

    program: str
    environment: dict[str, str] = field(default_factory=dict[str, str])


def find() -> Chromium | None:
    """A browser to drive, or ``None``."""
    if named := os.environ.get("CALLTRACE_CHROMIUM"):
        return Chromium(named)
    if (PACKED / "chromium").exists():
        libraries = {"LD_LIBRARY_PATH": str(PACKED / "al2023/lib"), "FONTCONFIG_PATH": str(PACKED / "fonts")}
        return Chromium(str(PACKED / "chromium"), libraries)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Chromium(found) if found else None
