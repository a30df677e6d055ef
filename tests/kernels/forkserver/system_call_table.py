"""System calls by their numbers, and those for which the filter also examines the arguments."""

from __future__ import annotations

import errno
import os

from toolkit.kernels.forkserver import seccomp

HERE = os.uname().machine
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NAMES = {machine: seccomp._refused(seccomp._MACHINES[machine]) for machine in AUDIT}
CALLS = {
    "x86_64": {"clone": 56, "ioctl": 16, "socket": 41, "socketpair": 53, "personality": 135, "getpid": 39},
    "aarch64": {
        "clone": 220,
        "ioctl": 29,
        "socket": 198,
        "socketpair": 199,
        "personality": 92,
        "getpid": 172,
    },
}
OPENAT2 = 437
CLONE3 = 435
NAMESPACES = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
HIGH = 0xDEADBEEF << 32
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
STREAM, DGRAM, SEQPACKET, DCCP, PACKET = 1, 2, 5, 6, 10
CLOEXEC = 0o2000000

# What each of these calls must come to, as root and as nobody: name, arguments, errno (0: it is let through).
SOCKETS = [
    ((UNIX, STREAM, 0), 0),
    ((UNIX, SEQPACKET, 0), 0),
    ((INET, STREAM | CLOEXEC, 0), 0),
    ((INET, DGRAM, 17), 0),
    ((INET6, STREAM, 0), 0),
    ((NETLINK, 3, 0), 0),
    ((NETLINK, 3, 9), errno.EAFNOSUPPORT),  # audit
    ((NETLINK, 3, 15), errno.EAFNOSUPPORT),  # the kernel's device events
    ((INET, SEQPACKET, 132), errno.EAFNOSUPPORT),  # SCTP
    ((INET, DCCP, 33), errno.EAFNOSUPPORT),
    ((INET, PACKET, 0), errno.EAFNOSUPPORT),  # the old way to AF_PACKET
    ((17, 3, 0), errno.EAFNOSUPPORT),  # AF_PACKET
    ((38, SEQPACKET, 0), errno.EAFNOSUPPORT),  # AF_ALG
    ((40, STREAM, 0), errno.EAFNOSUPPORT),  # AF_VSOCK
    ((0, STREAM, 0), errno.EAFNOSUPPORT),
    ((0xFFFFFFFF, STREAM, 0), errno.EAFNOSUPPORT),
    # what the kernel does not look at decides nothing
    ((HIGH | 17, 3, 0), errno.EAFNOSUPPORT),
    ((HIGH | UNIX, HIGH | STREAM, HIGH), 0),
    ((NETLINK, 3, HIGH), 0),
    ((NETLINK, 3, HIGH | 9), errno.EAFNOSUPPORT),
    ((INET, HIGH | PACKET, 0), errno.EAFNOSUPPORT),
    ((INET, PACKET | CLOEXEC, 0), errno.EAFNOSUPPORT),
]
IOCTLS = [
    ((0, 0x5412, 0), errno.EPERM),  # TIOCSTI
    ((0, 0x541C, 0), errno.EPERM),  # TIOCLINUX
    ((0, 0x5423, 0), errno.EPERM),  # TIOCSETD
    ((0, HIGH | 0x5412, 0), errno.EPERM),
    ((0, 0x5413, 0), 0),  # TIOCGWINSZ
    ((0, 0x541B, 0), 0),  # FIONREAD
]
PERSONALITIES = [
    ((0xFFFFFFFF,), 0),
    ((HIGH | 0xFFFFFFFF,), 0),
    ((0,), 0),
    ((HIGH,), 0),
    ((0x0040000,), errno.EPERM),  # ADDR_NO_RANDOMIZE
    ((8,), errno.EPERM),  # PER_LINUX32
]
CLONES = [
    *(((flag | 17, 0, 0, 0, 0), errno.EPERM) for flag in NAMESPACES.values()),
    *(((HIGH | flag | 17, 0, 0, 0, 0), errno.EPERM) for flag in NAMESPACES.values()),
    ((sum(NAMESPACES.values()), 0, 0, 0, 0), errno.EPERM),
]
ARGUMENTS = [
    *(("socket", *row) for row in SOCKETS),
    *(("socketpair", (*arguments, 0), number) for arguments, number in SOCKETS),
    *(("ioctl", *row) for row in IOCTLS),
    *(("personality", *row) for row in PERSONALITIES),
    *(("clone", *row) for row in CLONES),
]
