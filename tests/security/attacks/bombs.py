"""Exceeds one limit. The amount is bounded, so that outside the sandbox it does no harm."""

# outside: none
import errno
import os
import resource
import signal
import sys
import time

from attack import GIVEN, call, say, syscall

MEGABYTE = 1 << 20
kind = GIVEN["kind"]
much = GIVEN["much"]


def forked(count, function):
    """Run a function in that many children at the same time; they stay until the parent goes."""
    reading, writing = os.pipe()
    made = 0
    for _ in range(count):
        try:
            child = os.fork()
        except OSError as error:
            say(f"REFUSED fork after {made}: {errno.errorcode[error.errno]}")
            break
        if child == 0:
            try:
                function()
                os.write(writing, b"+")
            except BaseException:
                os.write(writing, b"-")
            time.sleep(60)
            os._exit(0)
        made += 1
    os.close(writing)
    done = b""
    while len(done) < made:
        done += os.read(reading, 1000)
    return done.count(b"+")


def touch(megabytes):
    held = bytearray()
    for _ in range(megabytes):
        held += os.urandom(4096) * 256
    return held


def memory_one():
    held = []
    while len(held) < much:
        held.append(os.urandom(4096) * 256)
    return f"{len(held)} MB"


def memory_many():
    each = 20
    return f"{forked(much // each, lambda: globals().__setitem__('kept', touch(each)))} children of {each} MB"


def memory_files():
    """In memory, but mapped nowhere: no process seems to have it."""
    held, total = [], 0
    while total < much:
        fd = os.memfd_create("bomb")
        held.append(fd)
        for _ in range(16):
            os.write(fd, os.urandom(4096) * 256)
            total += 1
    time.sleep(2)
    return f"{total} MB in {len(held)} files"


def memory_segments():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    total = 0
    while total < much:
        number = call("shmget", 0, 16 * MEGABYTE, 0o1600)
        address = libc.shmat(number, None, 0)
        ctypes.memset(address, 1, 16 * MEGABYTE)
        libc.shmdt(ctypes.c_void_p(address))
        total += 16
    time.sleep(2)
    return f"{total} MB"


def memory_pipes():
    """In the buffers of sockets, in many processes."""
    import socket

    def fill():
        kept = globals().setdefault("kept", [])
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        filled = 0
        while filled < (much // 16) * MEGABYTE:
            ends = socket.socketpair()
            kept.append(ends)
            for one in ends:
                one.setblocking(False)
                try:
                    while True:
                        filled += one.send(b"x" * 65536)
                except BlockingIOError:
                    pass

    return f"{much} MB in 16 children" if forked(16, fill) == 16 else ""


def memory_shared():
    """Shared between processes of which each maps a part only for a moment."""
    import mmap

    total, held = 0, []
    while total < much:
        name = f"/dev/shm/bomb-{total}"
        fd = os.open(name, os.O_CREAT | os.O_RDWR)
        os.unlink(name)
        held.append(fd)
        os.write(fd, os.urandom(4096) * 256 * 8)
        total += 8
    return f"{total} MB"


def processes():
    return f"{count} children" if (count := forked(much, lambda: None)) == much else ""


def threads():
    import threading

    stop, made = threading.Event(), 0
    try:
        for _ in range(much):
            threading.Thread(target=stop.wait, daemon=True).start()
            made += 1
    except RuntimeError as error:
        say(f"REFUSED thread after {made}: {error}")
        return ""
    finally:
        stop.set()
    return f"{made} threads"


def fork_bomb():
    """Every process forks, as fast as it can; at most ``much`` generations."""
    end = time.monotonic() + 2
    generation = 0
    while time.monotonic() < end and generation < 12:
        try:
            os.fork()
            generation += 1
        except OSError:
            time.sleep(0.01)
    if os.getpid() != me:
        time.sleep(1)
        os._exit(0)
    pids = sum(name.isdigit() for name in os.listdir("/proc"))
    return f"{pids} processes" if pids > much else ""


def descriptors():
    held = []
    try:
        while len(held) < much:
            held.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for fd in held:
            os.close(fd)
    return f"{len(held)} descriptors"


def one_file():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open(GIVEN["folder"] + "/big", "wb") as stream:
        for _ in range(much):
            stream.write(b"x" * MEGABYTE)
            stream.flush()
    return f"{much} MB in one file"


def disk():
    """Slowly enough for a periodic check to see it."""
    for number in range(much // 8):
        with open(f"{GIVEN['folder']}/file-{number}", "wb") as stream:
            for _ in range(8):
                stream.write(b"x" * MEGABYTE)
        time.sleep(0.1)
    time.sleep(1)
    return f"{much} MB"


def disk_quiet():
    """The system makes the files; the process does next to nothing."""
    for number in range(much // 16):
        fd = os.open(f"{GIVEN['folder']}/quiet-{number}", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(fd, 0, 16 * MEGABYTE)
        os.close(fd)
        time.sleep(0.2)
    time.sleep(1.5)
    return f"{much} MB"


def disk_unlinked():
    held = []
    for number in range(much // 16):
        name = f"{GIVEN['folder']}/gone-{number}"
        held.append(os.open(name, os.O_CREAT | os.O_WRONLY))
        os.unlink(name)
        for _ in range(16):
            os.write(held[-1], b"x" * MEGABYTE)
        time.sleep(0.1)
    time.sleep(1)
    return f"{much} MB"


def disk_unreadable():
    """In a folder that the periodic check may not read."""
    folder = f"{GIVEN['folder']}/locked"
    os.mkdir(folder)
    at = os.open(folder, os.O_RDONLY)
    os.chmod(folder, 0o300)
    for number in range(much // 16):
        fd = os.open(f"file-{number}", os.O_CREAT | os.O_WRONLY, dir_fd=at)
        for _ in range(16):
            os.write(fd, b"x" * MEGABYTE)
        os.close(fd)
        time.sleep(0.1)
    time.sleep(1)
    return f"{much} MB"


def disk_deep():
    """Deeper than a path can be long."""
    os.chdir(GIVEN["folder"])
    for _ in range(30):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    for number in range(much // 16):
        with open(f"file-{number}", "wb") as stream:
            for _ in range(16):
                stream.write(b"x" * MEGABYTE)
        time.sleep(0.1)
    time.sleep(1)
    return f"{much} MB"


def inodes():
    for number in range(much):
        os.close(os.open(f"{GIVEN['folder']}/inode-{number}", os.O_CREAT | os.O_WRONLY))
        if number % 100 == 0:
            time.sleep(0.02)
    time.sleep(1)
    return f"{much} files"


def inodes_linked():
    os.close(os.open(f"{GIVEN['folder']}/one", os.O_CREAT))
    for number in range(much):
        os.mkdir(f"{GIVEN['folder']}/folder-{number}")
        if number % 100 == 0:
            time.sleep(0.02)
    time.sleep(6)
    return f"{much} folders"


def output():
    for _ in range(much):
        sys.stdout.write("x" * 1023 + "\n")
    sys.stdout.flush()
    return ""


def output_raw():
    """Past `sys.stdout`, from a child, which does not end with its parent's cell."""
    child = os.fork()
    if child == 0:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            os.write(1, b"x" * 1023 + b"\n")
        os._exit(0)
    time.sleep(1)
    return ""


def output_displayed():
    from IPython.display import display

    for _ in range(much):
        display({"text/plain": "x" * 100_000}, raw=True)
    return ""


def cpu():
    while time.process_time() < much:
        pass
    return f"{much} s"


def cpu_forgotten():
    """In children whose time nobody adds up, because nobody waits for them."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    used = 0.0
    while used < much:
        child = os.fork()
        if child == 0:
            end = time.thread_time() + 0.04
            while time.thread_time() < end:
                pass
            os._exit(0)
        try:
            os.waitpid(child, 0)
        except ChildProcessError:
            pass
        used += 0.04
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return f"{much} s"


me = os.getpid()
try:
    got = globals()[kind]()
except (OSError, MemoryError) as error:
    say(f"REFUSED {kind}: {type(error).__name__} {getattr(error, 'strerror', '') or error}")
    if GIVEN.get("aloud"):
        raise
else:
    say(f"REACHED {kind}: {got}" if got else f"REFUSED {kind}: no more than is allowed")
