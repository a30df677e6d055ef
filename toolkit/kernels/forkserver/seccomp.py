"""The seccomp filter for the system calls of student code.

It refuses calls that Python programs do not need and that kernel exploits and sandbox escapes use: mounts,
namespaces, tracing of other processes, loading code into the kernel, sockets of unusual families.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

__all__ = ["MAX_SYSCALL_NUMBER", "filter_program", "install_filter"]

MAX_SYSCALL_NUMBER = 469
"""Newest reviewed system call: file_setattr of Linux 6.17; the same number on both architectures."""

# Name, number on x86_64, number on aarch64 ("-" if missing). Refused with EPERM.
_REFUSED = """
    mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, open_tree 428 428, move_mount 429 429,
    fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
    statmount 457 457, listmount 458 458, open_tree_attr 467 467,
    unshare 272 97, setns 308 268,
    ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440,
    kcmp 312 272, pidfd_getfd 438 438,
    bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, lookup_dcookie 212 18,
    io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427,
    add_key 248 217, request_key 249 218, keyctl 250 219,
    init_module 175 105, finit_module 313 273, delete_module 176 106,
    kexec_load 246 104, kexec_file_load 320 294,
    reboot 169 142, swapon 167 224, swapoff 168 225, acct 163 89, quotactl 179 60, quotactl_fd 443 443,
    syslog 103 116, settimeofday 164 170, clock_settime 227 112, adjtimex 159 171, clock_adjtime 305 266,
    name_to_handle_at 303 264, open_by_handle_at 304 265, fanotify_init 300 262,
    memfd_create 319 279, memfd_secret 447 447,
    sethostname 170 161, setdomainname 171 162, vhangup 153 58, nfsservctl 180 42,
    iopl 172 -, ioperm 173 -, modify_ldt 154 -, uselib 134 -
"""

# struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6]
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
_EQUAL, _AT_LEAST, _ANY_BIT = 0x15, 0x35, 0x45  # BPF_JMP|K of BPF_JEQ, BPF_JGE, BPF_JSET

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, k
_Block = list[_Instruction]  # every path ends in a return, so that blocks can be combined freely

_ALLOW: _Block = [(_RETURN, 0, 0, 0x7FFF0000)]
_KILL: _Block = [(_RETURN, 0, 0, 0x80000000)]


def _refuse(number: int) -> _Block:
    return [(_RETURN, 0, 0, 0x00050000 | number)]


_FORBIDDEN = _refuse(errno.EPERM)
_UNKNOWN = _refuse(errno.ENOSYS)
_NO_FAMILY = _refuse(errno.EAFNOSUPPORT)

_NEW_NAMESPACE = 0x7E020000  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; NEWTIME is no flag of clone
_TIOCSTI, _TIOCLINUX, _TIOCSETD = 0x5412, 0x541C, 0x5423  # inject terminal input, or change its driver
_SPECIAL_MODE = 0o6000  # setuid, setgid: such a file would outlive the sandbox
_INIT_PID = 1  # the init process of the sandbox
_PRIO_PROCESS, _IOPRIO_WHO_PROCESS = 0, 1
_PER_LINUX, _PERSONALITY_QUERY = 0, 0xFFFFFFFF
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0
_SOCK_TYPE_MASK = 0xF
_SOCK_STREAM, _SOCK_DGRAM, _SOCK_RAW = 1, 2, 3


@dataclass(frozen=True)
class _Machine:
    audit: int
    column: int  # of _REFUSED
    clone: int
    ioctl: int
    socket: int
    socketpair: int
    personality: int
    seccomp: int
    setpriority: int
    ioprio_set: int
    # Calls that set the mode of a file, and the index of that argument: chmod, fchmod, fchmodat, fchmodat2,
    # open, openat, creat, mknod, mknodat.
    modes: tuple[tuple[int, int], ...]
    # Calls whose first argument is a process: prlimit64, sched_set{affinity,scheduler,param,attr}.
    of_processes: tuple[int, ...]
    x32: bool = False


_MACHINES = {
    "x86_64": _Machine(
        *(0xC000003E, 1, 56, 16, 41, 53, 135, 317, 141, 251),
        modes=((90, 1), (91, 1), (268, 2), (452, 2), (2, 2), (257, 3), (85, 1), (133, 1), (259, 2)),
        of_processes=(302, 203, 144, 142, 314),
        x32=True,
    ),
    "aarch64": _Machine(
        *(0xC00000B7, 2, 220, 29, 198, 199, 92, 277, 140, 30),
        modes=((52, 1), (53, 2), (452, 2), (56, 3), (33, 2)),
        of_processes=(261, 122, 119, 118, 274),
    ),
}
_CLONE3, _OPENAT2 = 435, 437
_X32 = 0x40000000


def filter_program(*, machine: str = "") -> bytes:
    """Return the filter as a classic BPF program; built once, installed in each child.

    Parameters
    ----------
    machine : str
        ``x86_64`` or ``aarch64``; the current machine if empty.

    Raises
    ------
    NotImplementedError
        Another architecture, or a 32-bit Python.
    """
    if not machine and struct.calcsize("P") != 8:
        raise NotImplementedError("no system call filter for 32-bit processes")
    here = _machine(machine or os.uname().machine)
    steps: list[tuple[int, _Block]] = [(0, _ALLOW)]  # first system call number, and the block from there on
    for number, block in sorted(_rules(here).items()):
        if steps[-1][0] == number:
            steps.pop()
        if steps[-1][1] is not block:
            steps.append((number, block))
        steps.append((number + 1, _ALLOW))
    steps.append((MAX_SYSCALL_NUMBER + 1, _UNKNOWN))
    if here.x32:
        # x32 has the same architecture value but other structures. -1 is a tracer's request to skip a call.
        steps += [(_X32, _KILL), (0xFFFFFFFF, _UNKNOWN)]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, here.audit),
        *_KILL,
        (_LOAD, 0, 0, _NUMBER),
        *_search(steps),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def install_filter(program: bytes) -> None:
    """Install the filter for every thread of this process and its future children.

    Parameters
    ----------
    program : bytes
        Result of `filter_program`.

    Raises
    ------
    OSError
        ``no_new_privs`` is not set, or the system refuses the filter.
    """
    # The system would accept it with CAP_SYS_ADMIN too, and then a setuid program would run under the filter.
    if _prctl(_PR_GET_NO_NEW_PRIVS, _ZERO, _ZERO, _ZERO, _ZERO) != 1:
        raise OSError(errno.EPERM, "seccomp: no_new_privs is not set")
    count, rest = divmod(len(program), 8)
    if rest or not count:
        raise OSError(errno.EINVAL, "seccomp: not a filter program")
    filters = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", count, ctypes.addressof(filters)))
    result = _syscall(
        ctypes.c_long(_machine(os.uname().machine).seccomp),
        ctypes.c_long(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_long(_SECCOMP_FILTER_FLAG_TSYNC),
        header,
    )
    if result > 0:  # id of a thread that could not be synchronised; then no thread has the filter
        raise OSError(errno.EBUSY, f"seccomp: thread {result} has a filter of its own")
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


_libc = ctypes.CDLL(None, use_errno=True)
_prctl, _syscall = _libc.prctl, _libc.syscall  # looked up before the fork, not in every child
_ZERO = ctypes.c_ulong(0)
_PR_GET_NO_NEW_PRIVS = 39
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1


def _machine(name: str) -> _Machine:
    try:
        return _MACHINES[name]
    except KeyError:
        raise NotImplementedError(f"no system call filter for {name}") from None


def _refused(machine: _Machine) -> dict[str, int]:
    rows = (row.split() for row in _REFUSED.split(","))
    return {row[0]: int(row[machine.column]) for row in rows if row[machine.column] != "-"}


def _rules(machine: _Machine) -> dict[int, _Block]:
    # The obsolete type SOCK_PACKET turns AF_INET into AF_PACKET; the other types are SCTP, DCCP and similar.
    internet = _if_argument_in(
        1, (_SOCK_STREAM, _SOCK_DGRAM, _SOCK_RAW), _ALLOW, _NO_FAMILY, mask=_SOCK_TYPE_MASK
    )
    netlink = _if_argument_in(2, (_NETLINK_ROUTE,), _ALLOW, _NO_FAMILY)  # libzmq aborts without it
    others = _if_argument_in(0, (_AF_NETLINK,), netlink, _NO_FAMILY)
    not_init = _if_argument_in(1, (_INIT_PID,), _FORBIDDEN, _ALLOW)
    family = _if_argument_in(
        0, (_AF_UNIX,), _ALLOW, _if_argument_in(0, (_AF_INET, _AF_INET6), internet, others)
    )
    return {
        **dict.fromkeys(_refused(machine).values(), _FORBIDDEN),
        machine.clone: _unless_bits_set(0, _NEW_NAMESPACE),
        _OPENAT2: _UNKNOWN,  # as clone3
        **{number: _unless_bits_set(argument, _SPECIAL_MODE) for number, argument in machine.modes},
        **{number: _if_argument_in(0, (_INIT_PID,), _FORBIDDEN, _ALLOW) for number in machine.of_processes},
        # Calls for a whole group or user would include the init process.
        machine.setpriority: _if_argument_in(0, (_PRIO_PROCESS,), not_init, _FORBIDDEN),
        machine.ioprio_set: _if_argument_in(0, (_IOPRIO_WHO_PROCESS,), not_init, _FORBIDDEN),
        _CLONE3: _UNKNOWN,  # a filter cannot read its flags in memory; the C library falls back to clone
        machine.ioctl: _if_argument_in(1, (_TIOCSTI, _TIOCLINUX, _TIOCSETD), _FORBIDDEN, _ALLOW),
        machine.socket: family,
        machine.socketpair: family,
        machine.personality: _if_argument_in(0, (_PER_LINUX, _PERSONALITY_QUERY), _ALLOW, _FORBIDDEN),
    }


def _unless_bits_set(argument: int, bits: int) -> _Block:
    return [(_LOAD, 0, 0, _low(argument)), (_ANY_BIT, 0, 1, bits), *_FORBIDDEN, *_ALLOW]


def _low(argument: int) -> int:
    # The kernel reads these arguments as 32-bit integers and ignores the upper half, so the filter must do
    # the same. Both architectures are little-endian.
    return _ARGUMENTS + 8 * argument


def _if_argument_in(
    argument: int, values: tuple[int, ...], yes: _Block, no: _Block, *, mask: int = 0
) -> _Block:
    block: _Block = [(_LOAD, 0, 0, _low(argument))]
    if mask:
        block.append((_AND, 0, 0, mask))
    furthest = len(values) - 1 + len(no)
    block += [(_EQUAL, furthest - index, 0, value) for index, value in enumerate(values)]
    return [*block, *no, *yes]


def _search(steps: list[tuple[int, _Block]]) -> _Block:
    # Binary search: seven comparisons for any number. It also makes the installation fast, because there
    # Linux 5.11 and later run the filter once per system call, to cache those that are always allowed.
    if len(steps) == 1:
        return steps[0][1]
    middle = len(steps) // 2
    below, above = _search(steps[:middle]), _search(steps[middle:])
    return [(_AT_LEAST, len(below), 0, steps[middle][0]), *below, *above]
