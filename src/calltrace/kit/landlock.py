"""Landlock: which files a sandboxed child may still touch. Linux 5.13 or later, no privileges needed.

Sources: landlock(7), linux/landlock.h. The numbers of its system calls are the same on every processor.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REG = 1 << 5, 1 << 8
_BITS_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15}
_TRUNCATE, _TRUNCATE_SINCE = 1 << 14, 3


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # Python 3.14 wants the layout of packed structures named
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result


def version() -> int:
    """The kernel's landlock ABI, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def restrict(abi: int, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """From now on only ``readable`` may be read and only folders in ``writable`` written. Raises OSError."""
    handled = (1 << _BITS_OF_ABI.get(abi, 16)) - 1
    ruleset = _Ruleset(handled)
    fd = _call(_CREATE, ctypes.byref(ruleset), ctypes.c_size_t(ctypes.sizeof(ruleset)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(fd, path, _READ_FILE | (_READ_DIR if path.is_dir() else 0))
        for path in writable:
            _allow(fd, path, _folder_rights(abi))
        _call(_RESTRICT, ctypes.c_int(fd), ctypes.c_uint32(0))
    finally:
        os.close(fd)


def _folder_rights(abi: int) -> int:
    rights = _WRITE_FILE | _READ_FILE | _READ_DIR | _REMOVE_FILE | _MAKE_REG
    return rights | (_TRUNCATE if abi >= _TRUNCATE_SINCE else 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(rights, parent)
        _call(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(parent)
