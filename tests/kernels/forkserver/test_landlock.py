"""Landlock refuses access outside the allowed folders, permits the rest, and fails without side effects."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("Landlock is of Linux", allow_module_level=True)

from tests.kernels.forkserver import forked_child
from toolkit.kernels.forkserver import landlock, seccomp

ABI = landlock.landlock_abi()
NOBODY = 65534
USERS = pytest.mark.parametrize("user", [0, NOBODY], ids=["root", "nobody"])
REFUSED = {errno.EACCES, errno.EPERM, errno.EXDEV}

in_child = partial(forked_child.in_child, no_new_privileges=True)

pytestmark = pytest.mark.skipif(ABI < 2, reason=f"Landlock here is of version {ABI}; it is of use from 2 on")


def number_of(attempt) -> int:
    """The errno of an attempt, 0 if it succeeds."""
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def place():
    """Folders that anybody may write according to their modes, so every refusal comes from Landlock."""
    folder = Path(tempfile.mkdtemp(prefix="landlock-", dir="/tmp"))
    for name in (".", "open", "other", "library", "closed"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(0o777)
    for name in ("open/file", "library/file", "closed/file", "closed/twin", "lone", "lonely"):
        (folder / name).write_text("some text")
        (folder / name).chmod(0o666)
    shutil.copy("/bin/true", folder / "closed" / "program")
    shutil.copy("/bin/true", folder / "library" / "program")
    yield folder
    shutil.rmtree(folder)


def confine(place: Path) -> int:
    read = [str(place / "library"), "/usr", "/bin", "/lib", "/etc", "/proc", sys.prefix, sys.base_prefix]
    read += ["/lib64"] if Path("/lib64").exists() else []
    # Python itself may live where nobody but root can look, in the tests
    read = [path for path in read if number_of(Path(path).stat) == 0]
    return landlock.restrict_paths(
        read=read, write=[str(place / "open"), str(place / "other"), str(place / "lone"), "/dev/null"]
    )


@USERS
def test_writing_stays_inside(place, user):
    def work():
        used = confine(place)
        inside, other, library, closed = (place / name for name in ("open", "other", "library", "closed"))
        (inside / "link").symlink_to(closed / "file")
        fine = {
            "write": lambda: (inside / "new").write_text("x"),
            "append": lambda: (inside / "file").open("a").close(),
            "truncate": lambda: os.truncate(inside / "file", 1),
            "mkdir": (inside / "folder").mkdir,
            "rename": lambda: (inside / "new").rename(inside / "folder" / "new"),
            "rename across": lambda: (inside / "folder" / "new").rename(other / "new"),
            "rename a folder across": lambda: (inside / "folder").rename(other / "folder"),
            "link across": lambda: (inside / "second").hardlink_to(other / "new"),
            "fifo": lambda: os.mkfifo(inside / "fifo"),
            "socket": lambda: socket.socket(socket.AF_UNIX).bind(str(inside / "socket")),
            "unlink": (inside / "second").unlink,
            "rmdir": (other / "folder").rmdir,
            "list": lambda: names(inside),
            "read the library": (library / "file").read_text,
            "list the library": lambda: names(library),
            "run from the library": lambda: subprocess.run([library / "program"], check=True),
            "run": lambda: subprocess.run(["/bin/true"], check=True),
            "lone file": lambda: (place / "lone").write_text("x"),
            "truncate lone file": lambda: os.truncate(place / "lone", 0),
            "null": lambda: Path("/dev/null").write_text("x"),
            "null again": lambda: Path("/dev/null").open("r+b", buffering=0).close(),
            "memory": lambda: Path(f"/proc/self/fd/{os.memfd_create('memory')}").write_text("x"),
        }
        wrong = {
            "write": lambda: (closed / "new").write_text("x"),
            "append": lambda: (closed / "file").open("a").close(),
            "read": (closed / "file").read_text,
            "list": lambda: names(closed),
            "list above": lambda: names(place),
            "write above": lambda: (place / "new").write_text("x"),
            "mkdir": (closed / "folder").mkdir,
            "unlink": (closed / "file").unlink,
            "symlink": lambda: (closed / "link").symlink_to("file"),
            "fifo": lambda: os.mkfifo(closed / "fifo"),
            "rename out": lambda: (inside / "file").rename(closed / "new"),
            "rename in": lambda: (closed / "file").rename(inside / "new"),
            "link in": lambda: (inside / "twin").hardlink_to(closed / "file"),
            "link out": lambda: (closed / "third").hardlink_to(inside / "file"),
            "through a link": (inside / "link").read_text,
            "through dots": (inside / ".." / "closed" / "file").read_text,
            "through the root of a process": lambda: Path(f"/proc/self/root{closed}/file").read_text(),
            "run": lambda: subprocess.run([closed / "program"], check=True),
            "file beside the lone one": (place / "lonely").read_text,
            "write the library": lambda: (library / "file").write_text("x"),
            "add to the library": lambda: (library / "new").write_text("x"),
            "rename in the library": lambda: (library / "file").rename(library / "new"),
            "out of the library": lambda: (library / "file").rename(inside / "new"),
            "other device": lambda: Path("/dev/zero").open("rb").close(),
            "block device": lambda: os.mknod(inside / "block", stat.S_IFBLK | 0o600, os.makedev(1, 0)),
            "whiteout": lambda: os.mknod(inside / "whiteout", stat.S_IFCHR | 0o600, 0),
        }
        if used >= 3:
            wrong["truncate"] = lambda: os.truncate(closed / "file", 0)
            wrong["truncate the library"] = lambda: os.truncate(library / "file", 0)
        return (
            used,
            {name: number for name, attempt in fine.items() if (number := number_of(attempt))},
            {
                name: number
                for name, attempt in wrong.items()
                if (number := number_of(attempt)) not in REFUSED
            },
        )

    assert in_child(work, user=user) == [min(ABI, 7), {}, {}]
    assert (place / "closed/file").read_text() == (place / "library/file").read_text() == "some text"
    assert names(place / "closed") == ["file", "program", "twin"]


@USERS
def test_threads_and_programs_are_confined_too(place, user):
    def work():
        confine(place)
        seen: list[int] = []
        reading = threading.Thread(target=lambda: seen.append(number_of((place / "closed/file").read_text)))
        reading.start()
        reading.join()
        program = subprocess.run(["/bin/cat", place / "closed/file"], capture_output=True, check=False)
        return seen, program.returncode, program.stdout.decode()

    assert in_child(work, user=user) == [[errno.EACCES], 1, ""]


def test_nothing_can_be_mounted(place):
    def work():
        confine(place)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.unshare(0x00020000)
        source, target = str(place / "closed").encode(), str(place / "open").encode()
        return libc.mount(source, target, b"", ctypes.c_ulong(4096), b""), ctypes.get_errno()

    assert in_child(work) == [-1, errno.EPERM]


@pytest.mark.skipif(ABI < 5, reason=f"Landlock here is of version {ABI}; it knows ioctl from 5 on")
def test_a_device_that_may_only_be_read_takes_no_orders(place):
    if not Path("/dev/ptmx").exists():
        pytest.skip("there are no pseudo-terminals here")

    def work():
        landlock.restrict_paths(read=["/dev"], write=["/dev/null"])
        reader = os.open("/dev/ptmx", os.O_RDONLY | os.O_NOCTTY)
        window = struct.pack("HHHH", 1, 1, 1, 1)
        libc = ctypes.CDLL(None, use_errno=True)
        return libc.ioctl(reader, ctypes.c_ulong(0x5414), window), ctypes.get_errno()  # TIOCSWINSZ

    assert in_child(work) == [-1, errno.EACCES]


def test_a_terminal_works_where_it_may_be_written():
    if not Path("/dev/pts/ptmx").exists():
        pytest.skip("there are no pseudo-terminals here")

    def work():
        landlock.restrict_paths(read=["/"], write=["/dev/ptmx", "/dev/pts"])
        main, side = os.openpty()
        os.write(side, b"x")
        return os.isatty(side), os.read(main, 1).decode(), os.get_terminal_size(main).columns

    assert in_child(work) == [True, "x", 0]


@pytest.mark.skipif(ABI < 6, reason=f"Landlock here is of version {ABI}; it has scopes from 6 on")
@USERS
def test_signals_stay_inside(place, user):
    sleeper = subprocess.Popen(["/bin/sleep", "20"], user=user if os.geteuid() == 0 else None)

    def work():
        confine(place)
        child = subprocess.Popen(["/bin/sleep", "20"])
        child.terminate()
        return (
            child.wait(),
            number_of(lambda: os.kill(sleeper.pid, 0)),
            number_of(lambda: os.kill(sleeper.pid, signal.SIGKILL)),
            number_of(lambda: os.kill(os.getpid(), 0)),
            number_of(lambda: signal.pidfd_send_signal(os.pidfd_open(sleeper.pid), signal.SIGKILL)),
        )

    try:
        assert in_child(work, user=user) == [-signal.SIGTERM, errno.EPERM, errno.EPERM, 0, errno.EPERM]
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.skipif(ABI < 6, reason=f"Landlock here is of version {ABI}; it has scopes from 6 on")
@USERS
def test_abstract_sockets_stay_inside(place, user):
    with (
        socket.socket(socket.AF_UNIX) as outside,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
    ):
        for kind, it in (("stream", outside), ("datagram", datagrams)):
            it.bind(f"\0mentoring-{kind}-{os.getpid()}")
        outside.listen()
        names = outside.getsockname(), datagrams.getsockname()

        def work():
            confine(place)
            with socket.socket(socket.AF_UNIX) as inside, socket.socket(socket.AF_UNIX) as client:
                inside.bind(f"\0mentoring-inside-{os.getpid()}")
                inside.listen()
                return (
                    number_of(lambda: client.connect(names[0])),
                    number_of(
                        lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", names[1])
                    ),
                    number_of(lambda: client.connect(inside.getsockname())),
                )

        assert in_child(work, user=user) == [errno.EPERM, errno.EPERM, 0]


@USERS
def test_a_missing_path_changes_nothing(place, user):
    def work():
        before = names(Path("/proc/self/fd"))
        failed = number_of(
            lambda: landlock.restrict_paths(
                read=["/usr", str(place / "nowhere")], write=[str(place / "open")]
            )
        )
        return (
            failed,
            number_of((place / "closed/file").read_text),
            names(Path("/proc/self/fd")) == before,
        )

    assert in_child(work, user=user) == [errno.ENOENT, 0, True]


def test_no_descriptor_is_left(place):
    def work():
        before = names(Path("/proc/self/fd"))
        confine(place)
        return names(Path("/proc/self/fd")) == before

    assert in_child(work) is True


def test_needs_the_right_to_confine(place):
    if "NoNewPrivs:\t0" not in Path("/proc/self/status").read_text():
        pytest.skip("no_new_privs is set already where these tests run")

    def work():
        failed = number_of(lambda: landlock.restrict_paths(read=["/usr"], write=[]))
        return failed, number_of((place / "closed/file").read_text)

    assert in_child(work, user=NOBODY, no_new_privileges=False) == [errno.EPERM, 0]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM])
def test_a_system_without_landlock_is_told_by_zero(place, number):
    # A kernel without it, one where it is switched off, a container that forbids it: a filter plays them.
    program = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x50000 | number), (0x06, 0, 0, 0x7FFF0000)]

    def work():
        seccomp.install_filter(b"".join(struct.pack("=HBBI", *instruction) for instruction in program))
        return landlock.landlock_abi(), confine(place), number_of((place / "closed/file").read_text)

    assert in_child(work) == [0, 0, 0]


def test_with_the_filter_of_system_calls(place):
    def work():
        used = confine(place)
        seccomp.install_filter(seccomp.filter_program())
        program = subprocess.run(["/bin/cat", place / "library/file"], capture_output=True, check=True)
        return used > 0, program.stdout.decode(), number_of((place / "closed/file").read_text)

    assert in_child(work) == [True, "some text", errno.EACCES]
