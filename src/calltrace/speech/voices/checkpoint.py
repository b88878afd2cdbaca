"""Tensors out of a PyTorch checkpoint, without PyTorch and without running anything that is in it."""

import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Tensors = Mapping[str, npt.NDArray[Any]]

_TYPES: Final[Mapping[str, type[np.generic]]] = {"FloatStorage": np.float32, "LongStorage": np.int64}


def read(path: Path) -> Tensors:
    """The state dictionary of a checkpoint.

    Raises:
        pickle.UnpicklingError: it holds something else than tensors.
        zipfile.BadZipFile: it is no checkpoint of PyTorch 1.6 or newer.
    """
    with zipfile.ZipFile(path) as archive:
        index = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(index) as file:
            return _Reader(file, archive, index.removesuffix("data.pkl")).load()


class _Reader(pickle.Unpickler):
    """Knows tensors and dictionaries, and refuses every other name."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(file)
        self._archive = archive
        self._root = root

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"a checkpoint has no need of {module}.{name}")

    def persistent_load(self, pid: Any, /) -> Any:
        _kind, storage, key, *_rest = pid
        return np.frombuffer(self._archive.read(f"{self._root}data/{key}"), _TYPES[storage])


def _tensor(
    storage: npt.NDArray[Any], offset: int, shape: Sequence[int], strides: Sequence[int], *_rest: object
) -> npt.NDArray[Any]:
    steps = [step * storage.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()
