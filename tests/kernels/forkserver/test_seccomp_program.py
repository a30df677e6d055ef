"""The program of the system call filter, evaluated for both architectures on any machine."""

from __future__ import annotations

import errno
import re
import struct
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("seccomp is of Linux", allow_module_level=True)

from tests.kernels.forkserver.system_call_table import ARGUMENTS, AUDIT, CALLS, CLONE3, HERE, NAMES, OPENAT2
from toolkit.kernels.forkserver import seccomp

pytestmark = pytest.mark.skipif(
    HERE not in {"x86_64", "aarch64"},
    reason="the filter is for Linux on x86_64 and aarch64",
)


def judged(program: bytes, number: int, arguments: tuple[int, ...] = (), audit: int = 0) -> int | str:
    """The verdict of a filter on a call (an errno, 0 for "allowed", or "killed"): a classic BPF machine."""
    data = struct.pack("=IIQ6Q", number, audit, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    instructions = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        code, true, false, k = instructions[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:
            value &= k
        elif code in {0x15, 0x35, 0x45}:
            yes = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[code]
            at += true if yes else false
        else:
            assert code == 0x06
            return {0x7FFF0000: 0, 0x80000000: "killed"}.get(k, k & 0xFFFF)


def test_other_architectures_are_said_to_be_unsupported():
    with pytest.raises(NotImplementedError, match="riscv64"):
        seccomp.filter_program(machine="riscv64")


@pytest.mark.parametrize("machine", AUDIT)
def test_every_number_on_both_architectures(machine):
    program, calls = seccomp.filter_program(machine=machine), CALLS[machine]
    refused = set(NAMES[machine].values())
    audit = AUDIT[machine]
    by_argument = {calls[name] for name in ("clone", "ioctl", "socket", "socketpair", "personality")}
    here = seccomp._MACHINES[machine]
    by_argument |= {here.setpriority, here.ioprio_set, *here.of_processes}
    for number, argument in here.modes:
        for mode, expected in ((0o644, 0), (0o1777, 0), (0o4755, errno.EPERM), (0o2755, errno.EPERM)):
            arguments = [0] * 6
            arguments[argument] = mode
            assert judged(program, number, tuple(arguments), audit) == expected, (number, oct(mode))
    for number in here.of_processes:
        assert judged(program, number, (0, 0, 0), audit) == 0
        assert judged(program, number, (1, 0, 0), audit) == errno.EPERM, "the keeper"
    for number, kind in ((here.setpriority, 0), (here.ioprio_set, 1)):
        assert judged(program, number, (kind, 0, 5), audit) == 0
        assert judged(program, number, (kind, 1, 5), audit) == errno.EPERM, "the keeper"
        assert judged(program, number, (2, 1000, 5), audit) == errno.EPERM, "all that are the student's"
    for number in range(seccomp.MAX_SYSCALL_NUMBER + 40):
        expected = errno.EPERM if number in refused else 0
        if number in {CLONE3, OPENAT2} or number > seccomp.MAX_SYSCALL_NUMBER:
            expected = errno.ENOSYS
        if number not in by_argument:
            assert judged(program, number, audit=audit) == expected, number
        for other in (0x40000003, 0x40000028, AUDIT[({*AUDIT} - {machine}).pop()], 0):  # i386, arm, ...
            assert judged(program, number, audit=other) == "killed"
    for name, arguments, expected in ARGUMENTS:
        assert judged(program, calls[name], arguments, audit) == expected, (name, arguments)
    assert judged(program, calls["clone"], (0x003D0F00, 0, 0, 0, 0), audit) == 0  # a thread of glibc
    assert judged(program, calls["clone"], (0x01200011, 0, 0, 0, 0), audit) == 0  # its fork
    assert judged(program, 0xFFFFFFFF, audit=audit) == errno.ENOSYS
    x32 = "killed" if machine == "x86_64" else errno.ENOSYS
    assert judged(program, 0x40000000 | calls["getpid"], audit=audit) == x32


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_are_those_of_the_headers(machine, header):
    if not Path(header).exists():
        pytest.skip(f"{header} is not there: the headers of Linux are not installed")
    found = dict(re.findall(r"#define __NR_(\w+)\s+(\d+)", Path(header).read_text()))
    newest = max(int(number) for name, number in found.items() if name != "syscalls")
    ours = {**NAMES[machine], **CALLS[machine], "clone3": CLONE3, "openat2": OPENAT2}
    ours["seccomp"] = seccomp._MACHINES[machine].seccomp
    here = seccomp._MACHINES[machine]
    chosen = ("chmod", "fchmod", "fchmodat", "fchmodat2", "open", "openat", "creat", "mknod", "mknodat")
    if machine == "aarch64":
        chosen = ("fchmod", "fchmodat", "fchmodat2", "openat", "mknodat")
    ours |= dict(zip(chosen, (number for number, _argument in here.modes), strict=True))
    chosen = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
    ours |= dict(zip(chosen, here.of_processes, strict=True))
    ours |= {"setpriority": here.setpriority, "ioprio_set": here.ioprio_set}
    for name, number in ours.items():
        assert int(found.get(name, number)) == number, name
        assert name in found or number > newest, f"{name} is not in the headers"
