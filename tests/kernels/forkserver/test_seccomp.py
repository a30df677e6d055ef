"""The system call filter refuses some calls and permits others, and cannot be bypassed."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("seccomp is of Linux", allow_module_level=True)

from tests.kernels.forkserver.forked_child import allow_no_new_privileges, in_child
from tests.kernels.forkserver.system_call_table import (
    ARGUMENTS,
    CALLS,
    CLONE3,
    DGRAM,
    HERE,
    HIGH,
    NAMES,
    NETLINK,
    UNIX,
)
from toolkit.kernels.forkserver import seccomp

pytestmark = pytest.mark.skipif(
    HERE not in {"x86_64", "aarch64"},
    reason="the filter is for Linux on x86_64 and aarch64",
)

NOBODY = 65534


def call(number: int, *arguments: int) -> int:
    """The errno of a system call, 0 if it succeeds."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_ulong(value) for value in arguments))
    return ctypes.get_errno() if result < 0 else 0


def filtered():
    allow_no_new_privileges()
    seccomp.install_filter(seccomp.filter_program())


@pytest.fixture(scope="module", params=[0, NOBODY], ids=["root", "nobody"])
def refusals(request) -> dict[str, int]:
    """Every refused system call, really made, with arguments that have no effect should the call pass."""
    if request.param == 0 and os.geteuid() != 0:
        pytest.skip("the tests do not run as root here")

    def work():
        filtered()
        worst = [0xFFFFFFFFFFFFFFFF] * 6
        return {name: call(number, *worst) for name, number in NAMES[HERE].items()}

    return in_child(work, user=request.param)


@pytest.mark.parametrize("name", NAMES.get(HERE, ()))
def test_is_refused(refusals, name):
    assert refusals[name] == errno.EPERM


@pytest.mark.parametrize("user", [0, NOBODY], ids=["root", "nobody"])
def test_arguments_decide(user):
    if user == 0 and os.geteuid() != 0:
        pytest.skip("the tests do not run as root here")

    def work():
        filtered()
        return [call(CALLS[HERE][name], *arguments) for name, arguments, _expected in ARGUMENTS]

    wrong = [
        (name, [hex(value) for value in arguments], errno.errorcode.get(got, got))
        for (name, arguments, expected), got in zip(ARGUMENTS, in_child(work, user=user), strict=True)
        # A call that the filter lets through may still fail for reasons of its own.
        if (got != expected if expected else got in {errno.EPERM, errno.ENOSYS})
        or (name == "socket" and arguments[0] in {UNIX, HIGH | UNIX, NETLINK} and got != expected)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "number", [CLONE3, seccomp.MAX_SYSCALL_NUMBER + 1, 1000, 0x3FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF]
)
def test_is_unknown(number):
    def work():
        filtered()
        return call(number, 0, 0)

    assert in_child(work) == errno.ENOSYS


@pytest.mark.skipif(HERE != "x86_64", reason="only x86_64 has x32")
@pytest.mark.parametrize("name", ["getpid", "ioctl"])
def test_the_x32_way_in_kills(name):
    def work():
        filtered()
        return call(0x40000000 | CALLS[HERE][name])

    assert in_child(work) == -signal.SIGSYS


@pytest.mark.skipif(HERE != "x86_64", reason="only x86_64 has the gate of i386")
def test_the_32_bit_way_in_kills():
    def gate():
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20 (getpid of i386); int 0x80; ret
        address = ctypes.addressof(ctypes.c_char.from_buffer(code))
        return ctypes.CFUNCTYPE(ctypes.c_int)(address)() == os.getpid()

    def work():
        filtered()
        return gate()

    if in_child(gate) is not True:
        pytest.skip("this kernel runs no 32-bit code")
    assert in_child(work) == -signal.SIGSYS


def test_every_thread_and_every_program_is_under_it():
    def work():
        go, seen = threading.Event(), []

        def other():
            go.wait()
            seen.append(call(NAMES[HERE]["unshare"], 0))

        thread = threading.Thread(target=other)
        thread.start()
        filtered()
        go.set()
        thread.join()
        status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True)
        return seen, re.findall(r"^(?:Seccomp|NoNewPrivs):\s*(\d)", status.stdout, re.MULTILINE)

    assert in_child(work) == [[errno.EPERM], ["1", "2"]]


def test_needs_no_new_privileges():
    def work():
        try:
            seccomp.install_filter(seccomp.filter_program())
        except OSError as error:
            return error.errno, call(NAMES[HERE]["unshare"], 0)
        return None

    status = Path("/proc/self/status").read_text()
    if "NoNewPrivs:\t0" not in status:
        pytest.skip("no_new_privs is set already where these tests run")
    assert in_child(work) == [errno.EPERM, 0]


@pytest.mark.parametrize("program", [b"", b"1234567", b"\0" * 16, struct.pack("=HBBI", 0x20, 0, 0, 0)])
def test_what_is_no_program_is_refused(program):
    def work():
        allow_no_new_privileges()
        try:
            seccomp.install_filter(program)
        except OSError as error:
            return error.errno
        return None

    assert in_child(work) == errno.EINVAL


@pytest.mark.parametrize("user", [0, NOBODY], ids=["root", "nobody"])
def test_numbers_of_the_newest_calls_are_known_here(user):
    # Of what the headers are too old for, the kernel that runs says at least whether it is there.
    def work():
        worst = [0xFFFFFFFFFFFFFFFF] * 6
        return [call(number, *worst) for number in (NAMES[HERE]["listmount"], NAMES[HERE]["open_tree_attr"])]

    if tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (6, 15):
        pytest.skip("this kernel is older than open_tree_attr")
    assert errno.ENOSYS not in in_child(work, user=user)


ORDINARY = """
import asyncio, concurrent.futures, ctypes, fcntl, json, math, mmap, multiprocessing, os, pty, resource
import select, signal, socket, sqlite3, subprocess, sys, tempfile, termios, threading, time
from toolkit.kernels.forkserver import seccomp

assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0
seccomp.install_filter(seccomp.filter_program())

done = []
thread = threading.Thread(target=done.append, args=("thread",))
thread.start(), thread.join()
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    assert list(pool.map(math.sqrt, [4, 9])) == [2, 3]
for method in ("fork", "spawn", "forkserver"):
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map(math.sqrt, [16.0]) == [4.0]
assert subprocess.run(["sh", "-c", "echo $((1+1)) | cat"], capture_output=True, text=True).stdout == "2\\n"
assert subprocess.run(["true"], start_new_session=True).returncode == 0
assert os.posix_spawn("/bin/true", ["true"], {}) and os.wait()[1] == 0

import zmq
context = zmq.Context()
server, client = context.socket(zmq.REP), context.socket(zmq.REQ)
client.connect(f"tcp://127.0.0.1:{server.bind_to_random_port('tcp://127.0.0.1')}")
client.send(b"question"), server.recv(), server.send(b"answer")
assert client.recv() == b"answer"
context.destroy(0)

async def talk():
    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"asyncio\\n")
    assert await reader.readline() == b"ASYNCIO\\n"
    writer.close()
    await writer.wait_closed()
    server.close()
    process = await asyncio.create_subprocess_exec("true")
    assert await process.wait() == 0
    await asyncio.to_thread(time.sleep, 0)
asyncio.run(talk())

with tempfile.TemporaryDirectory() as folder:
    os.mkfifo(f"{folder}/fifo")
    database = sqlite3.connect(f"{folder}/base")
    database.execute("create table t (x)"), database.commit(), database.close()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{folder}/socket"), listener.listen()
    socket.socket(socket.AF_UNIX).connect(f"{folder}/socket")
    fcntl.flock(listener, fcntl.LOCK_EX)
    os.chmod(folder, 0o755), os.utime(folder), os.stat(folder), os.statvfs(folder)
    with open(f"{folder}/a", "wb") as file:
        file.truncate(1 << 20)
        os.posix_fallocate(file.fileno(), 0, 1 << 20)
        os.copy_file_range(os.open(sys.executable, os.O_RDONLY), file.fileno(), 4096)
left, right = socket.socketpair()
left.sendall(b"x"), right.recv(1)
mmap.mmap(-1, 4096)
main, _side = pty.openpty()
termios.tcgetattr(main), os.get_terminal_size(main), os.isatty(main)
select.epoll(), os.eventfd(0) if hasattr(os, "eventfd") else None
os.pidfd_open(os.getpid()), os.sched_getaffinity(0), os.getrandom(8), os.sched_yield()
resource.setrlimit(resource.RLIMIT_CORE, (0, 0)), resource.getrusage(resource.RUSAGE_SELF)
signal.setitimer(signal.ITIMER_REAL, 0), time.clock_gettime(time.CLOCK_BOOTTIME), os.nice(1)
import numpy
assert int((numpy.ones((300, 300)) @ numpy.ones((300, 300))).sum()) == 27_000_000
print("fine", done)
"""


def test_ordinary_work_goes_on(tmp_path):
    script = tmp_path / "ordinary.py"
    # multiprocessing imports the script again to spawn a process: only then is it not the main module
    script.write_text(
        f"def main():\n{textwrap.indent(ORDINARY, '    ')}\nif __name__ == '__main__':\n    main()\n"
    )
    work = subprocess.run(
        [sys.executable, "-P", "-W", "ignore::DeprecationWarning", str(script)],
        cwd="/",
        env={**os.environ, "TMPDIR": "/tmp", "OPENBLAS_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (work.returncode, work.stdout) == (0, "fine ['thread']\n"), work.stderr


def test_network_of_one_machine_works():
    def work():
        filtered()
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=DGRAM) as datagrams:
            socket.create_connection(server.getsockname()).close()
            datagrams.bind(("127.0.0.1", 0))
            return bool(socket.if_nameindex()) and bool(socket.getaddrinfo("127.0.0.1", 80))

    assert in_child(work) is True
