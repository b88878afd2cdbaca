"""A seccomp-BPF filter, written with ctypes alone: which system calls a sandboxed child may not make.

A list of what is refused, not of what is allowed: the C library and FFmpeg may change which harmless
calls they make, the dangerous ones are known. Refused calls fail with EPERM, so Python reports them
as an ordinary ``PermissionError``. Sources: seccomp(2), prctl(2), linux/filter.h, linux/audit.h and
the kernel's syscall tables (``arch/x86/entry/syscalls/syscall_64.tbl``, ``asm-generic/unistd.h``).
"""

import ctypes
import errno
import os
import platform
import sys
from dataclasses import dataclass

_LD_ABS, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_OFFSET_NR, _OFFSET_ARCH, _OFFSET_ARG0 = 0, 4, 16
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000
_SET_MODE_FILTER, _TSYNC = 1, 1


@dataclass(frozen=True, slots=True)
class Machine:
    """How one processor family numbers its system calls."""

    column: int
    audit: int
    seccomp: int
    clone: int
    tgkill: int


_MACHINES = {
    "x86_64": Machine(column=0, audit=0xC000003E, seccomp=317, clone=56, tgkill=234),
    "aarch64": Machine(column=1, audit=0xC00000B7, seccomp=277, clone=220, tgkill=131),
}

_REFUSED: dict[str, tuple[int, int]] = {  # name: (x86_64, aarch64); -1: does not exist there
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, -1),
    "vfork": (58, -1),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "personality": (135, 92),
    # Landlock does not watch what belongs to a file (rights, owner, times, attributes), nor old truncation.
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "fchown": (93, 55),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "truncate": (76, 45),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "utime": (132, -1),
    "utimes": (235, -1),
    "futimesat": (261, -1),
    "utimensat": (280, 88),
    # Other processes of the same user: their share of the processor, memory and queues they leave open.
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
_CLONE3 = 435
"""Its flags are behind a pointer that a filter cannot follow: ENOSYS makes libc fall back to ``clone``."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def machine() -> Machine | None:
    """The numbers of this processor, or ``None`` where no filter can be built."""
    native = sys.platform == "linux" and sys.maxsize > 2**32
    return _MACHINES.get(platform.machine()) if native else None


def _refuse_if_equal(number: int, code: int) -> list[tuple[int, int, int, int]]:
    return [(_JEQ, 0, 1, number), (_RET, 0, 0, _ERRNO | code)]


def program(here: Machine, pid: int) -> list[tuple[int, int, int, int]]:
    """The filter as (code, jump if true, jump if false, operand) for the process ``pid``.

    Threads may start and the process may signal itself (``abort`` does); nothing else of the kind.
    """
    lines = [(_LD_ABS, 0, 0, _OFFSET_ARCH), (_JEQ, 1, 0, here.audit), (_RET, 0, 0, _KILL)]
    lines += [(_LD_ABS, 0, 0, _OFFSET_NR)]
    if here.column == 0:
        lines += [(_JGE, 0, 1, _X32_BIT), (_RET, 0, 0, _ERRNO | errno.EPERM)]
    for numbers in _REFUSED.values():
        lines += _refuse_if_equal(numbers[here.column], errno.EPERM) if numbers[here.column] >= 0 else []
    lines += _refuse_if_equal(_CLONE3, errno.ENOSYS)
    lines += [(_JEQ, 0, 4, here.clone), (_LD_ABS, 0, 0, _OFFSET_ARG0), (_JSET, 1, 0, _CLONE_THREAD)]
    lines += [(_RET, 0, 0, _ERRNO | errno.EPERM), (_RET, 0, 0, _ALLOW)]
    lines += [(_JEQ, 0, 3, here.tgkill), (_LD_ABS, 0, 0, _OFFSET_ARG0), (_JEQ, 1, 0, pid)]
    return [*lines, (_RET, 0, 0, _ERRNO | errno.EPERM), (_RET, 0, 0, _ALLOW)]


def install(here: Machine) -> None:
    """Puts the filter on every thread of this process, for good. Needs no_new_privs; raises OSError."""
    lines = program(here, os.getpid())
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    header = _Program(len(lines), ctypes.cast(instructions, ctypes.POINTER(_Instruction)))
    libc = ctypes.CDLL(None, use_errno=True)
    number = ctypes.c_long(here.seccomp)
    result = libc.syscall(
        number, ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_TSYNC), ctypes.byref(header)
    )
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
