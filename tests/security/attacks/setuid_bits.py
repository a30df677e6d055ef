"""Leaves programs with the setuid or setgid bit in the workspace, and rights of another kind."""

# outside: ^(chmod|fchmod|create)
import ctypes
import os
import stat
import struct

from attack import attempt, syscall

SPECIAL = stat.S_ISUID | stat.S_ISGID


def special(path):
    return oct(os.stat(path).st_mode) if os.stat(path).st_mode & SPECIAL else ""


def fresh(name):
    open(name, "w").close()
    return name


def chmod(bits):
    name = fresh(f"chmod-{bits:o}")
    os.chmod(name, 0o755 | bits)
    return special(name)


def fchmod(bits):
    with open(f"fchmod-{bits:o}", "w") as stream:
        os.fchmod(stream.fileno(), 0o755 | bits)
    return special(f"fchmod-{bits:o}")


def fchmodat(number, *more):
    name = fresh(f"fchmodat-{number if isinstance(number, int) else number[0]}")
    syscall(number, -100, name.encode(), 0o4755, *more)
    return special(name)


def create(bits):
    os.umask(0)
    os.close(os.open(f"create-{bits:o}", os.O_CREAT | os.O_WRONLY, 0o755 | bits))
    return special(f"create-{bits:o}")


def creat():
    syscall(85, b"creat", 0o4755)
    return special("creat")


def mknod():
    os.mknod("mknod", 0o4755 | stat.S_IFREG)
    return special("mknod")


def openat2():
    how = struct.pack("QQQ", os.O_CREAT | os.O_WRONLY, 0o4755, 0)
    syscall(437, -100, b"openat2", how, len(how))
    return special("openat2")


def descriptor_path():
    with open("through-proc", "w") as stream:
        os.chmod(f"/proc/self/fd/{stream.fileno()}", 0o4755)
    return special("through-proc")


def capability():
    name = fresh("capability")
    os.setxattr(name, "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 7, 0, 0, 0))
    return "set"


for bits in (stat.S_ISUID, stat.S_ISGID, SPECIAL):
    attempt(f"chmod {bits:o}", chmod, bits)
    attempt(f"fchmod {bits:o}", fchmod, bits)
    attempt(f"create {bits:o}", create, bits)
attempt("fchmodat", fchmodat, (268, 53))
attempt("fchmodat2", fchmodat, 452, 0)
attempt("openat2", openat2)
attempt("mknod", mknod)
attempt("descriptor", descriptor_path)
attempt("capability", capability)
if os.uname().machine == "x86_64":
    attempt("creat", creat)
    attempt("old chmod", lambda: syscall(90, fresh("old").encode(), 0o4755) == 0 and special("old"))
