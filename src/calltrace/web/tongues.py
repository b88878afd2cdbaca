"""Languages of the pages: each is a catalogue that was translated, compiled when the package is built."""

import json
from gettext import GNUTranslations
from importlib.resources import files

from calltrace.kit.errors import ConfigurationError
from calltrace.kit.words import Tongue, Words

ENGLISH = "en"
_COMPILED = files("calltrace.web").joinpath("built", "locale")
"""A folder for each language, made by ``scripts/build_frontend.py`` of ``web/locale``."""


def languages() -> list[str]:
    """What there is, English first: it needs no catalogue."""
    if not _COMPILED.is_dir():
        return [ENGLISH]
    return [ENGLISH, *sorted(one.name for one in _COMPILED.iterdir() if one.is_dir())]


def tongue_of(language: str) -> Tongue:
    """What pages speak in a language.

    Raises:
        ConfigurationError: it has no catalogue.
    """
    known = languages()
    if language not in known:
        raise ConfigurationError(
            Words(
                "UI_LANGUAGE: %(language)s is not translated; there is %(known)s.",
                language=language,
                known=", ".join(known),
            )
        )
    if language == ENGLISH:
        return Tongue()
    folder = _COMPILED.joinpath(language)
    with folder.joinpath("calltrace.mo").open("rb") as compiled:
        catalogue = GNUTranslations(compiled)
    return Tongue(language, catalogue, json.loads(folder.joinpath("scripts.json").read_text("utf-8")))
