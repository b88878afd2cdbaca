"""Models from a hub: only for an id that the operator wrote into ASR_MODEL."""

from pathlib import Path
from typing import Any

from calltrace.kit.errors import ConfigurationError


def download(model: str, models_dir: Path) -> Path:
    """The folder of a hub model, from ``models_dir`` if it is there already. Raises ConfigurationError."""
    import faster_whisper

    fetch: Any = faster_whisper.download_model
    try:
        return Path(fetch(model, cache_dir=str(models_dir), local_files_only=True))
    except Exception:  # noqa: BLE001 - the hub library raises many kinds; all mean "not here yet"
        return _fetch(fetch, model, models_dir)


def _fetch(fetch: Any, model: str, models_dir: Path) -> Path:
    try:
        return Path(fetch(model, cache_dir=str(models_dir)))
    except Exception as error:
        raise ConfigurationError(
            f"ASR_MODEL={model} cannot be downloaded ({type(error).__name__}): check the id and the network, "
            "or set ASR_MODEL to a folder."
        ) from error
