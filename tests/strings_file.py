"""The script that makes the catalogue, as a module; and the pseudo-locale as pages speak it."""

import importlib.util
import io
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from calltrace.kit.words import Tongue

ROOT = Path(__file__).parents[1]


@cache
def script(name: str) -> Any:
    """A file of ``scripts``, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@cache
def pseudo_tongue() -> Tongue:
    """Every message of the catalogue in brackets; ``make check`` holds it against the sources."""
    strings = script("strings")
    made = strings.pseudo(read_po(io.BytesIO(strings.CATALOGUE.read_bytes())))
    compiled = io.BytesIO()
    write_mo(compiled, made)
    compiled.seek(0)
    return Tongue(strings.PSEUDO, GNUTranslations(compiled), script("build_frontend").script_words(made))
