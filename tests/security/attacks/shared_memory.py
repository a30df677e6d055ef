"""Looks for memory and queues that others share: POSIX, System V, abstract sockets."""

# outside: ^(posix|listed|sysv|abstract|message|names)
import ctypes
import os
import socket

from attack import GIVEN, attempt, call, secrets

libc = ctypes.CDLL(None, use_errno=True)


def posix():
    with open("/dev/shm/" + GIVEN["shm"], "rb") as stream:
        return secrets(stream.read())


def listed():
    return [name for name in os.listdir("/dev/shm") if "mentoring" in name]


def sysv():
    number = call("shmget", GIVEN["sysv"], 0, 0)
    libc.shmat.restype = ctypes.c_void_p
    address = libc.shmat(number, None, 0o10000)
    return secrets(ctypes.string_at(address, 256)) or "attached"


def sysv_info(path):
    return open(path).read().splitlines()[1:]


def abstract():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + GIVEN["abstract"])
        return client.recv(100)


def abstract_datagram():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        return client.sendto(b"hello", "\0" + GIVEN["abstract"] + "-datagram")


def queue():
    number = ctypes.CDLL(None, use_errno=True).mq_open(GIVEN["queue"].encode(), os.O_RDONLY)
    if number < 0:
        raise OSError(ctypes.get_errno(), "mq_open")
    return number


attempt("posix", posix)
attempt("listed", listed)
attempt("sysv", sysv)
for name in ("shm", "sem", "msg"):
    attempt(f"sysv list of {name}", sysv_info, f"/proc/sysvipc/{name}") if name == "shm" else attempt(
        f"list of {name}", sysv_info, f"/proc/sysvipc/{name}"
    )
attempt("abstract", abstract)
attempt("abstract datagram", abstract_datagram)
attempt(
    "names of sockets",
    lambda: [line for line in open("/proc/net/unix") if GIVEN["abstract"] in line or "/tmp/" in line],
)
attempt("message queue", queue)
